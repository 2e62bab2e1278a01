//! Many nodes on one store (DESIGN 6).

use async_trait::async_trait;
use postrider_store::Cluster;

use crate::store::PostgresStore;

#[async_trait]
impl Cluster for PostgresStore {
    fn is_shared(&self) -> bool {
        true
    }
}
