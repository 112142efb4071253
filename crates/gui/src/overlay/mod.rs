//! What lies over the views: dialogs for files.

pub mod dialogs;
