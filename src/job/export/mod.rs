//! Networks as files for other programs: `network` has the content of a file, `files` writes files of any
//! number of networks.

mod files;
mod network;

pub use files::{
    DrawingWriter, ExportFormat, ExportPathError, ExportSettings, ExportedContent, ExportedFile,
    ExportedNetworks, NetworkToExport,
};
pub use network::ExportedNetwork;
pub(super) use network::pytorch_source;
