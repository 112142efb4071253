//! Mini-batches of images.

mod batch;

pub use batch::Batch;
