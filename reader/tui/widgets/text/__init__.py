"""What the list, the pane and the reader share: lines, links, images, positions."""
