"""What list, article pane and reader share: lines, scrolling, links, images, reading positions."""
