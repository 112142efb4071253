//! Stored studies, and the files that are watched for changes.

pub mod watch;
