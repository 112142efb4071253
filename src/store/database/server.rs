//! Opens a database on a PostgreSQL server: its address and password, the tables in it and their version.

#[cfg(feature = "postgres")]
mod connect;
#[cfg(feature = "postgres")]
mod password;
#[cfg(feature = "postgres")]
mod schema;

use std::path::Path;
use std::time::Duration;

use super::engine::Connection;
use super::{StoreAccess, StoreError, check_store_address};

/// Opens a database, and makes or migrates its tables unless it is only read.
pub(super) fn open(
    path: &Path,
    access: StoreAccess,
    busy_timeout: Duration,
) -> Result<Connection, StoreError> {
    check_store_address(path)?;
    #[cfg(feature = "postgres")]
    return connect::open(path, access, busy_timeout);
    #[cfg(not(feature = "postgres"))]
    {
        let _ = (access, busy_timeout);
        Err(StoreError::Address {
            address: super::address::without_password(&path.to_string_lossy()),
            reason: "this program was built without support of database servers: choose a file, or build it \
                     with the feature `postgres`"
                .to_owned(),
        })
    }
}
