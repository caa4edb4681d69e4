"""What happens behind the screens, one concern a module. Controllers use the library and call widgets."""
