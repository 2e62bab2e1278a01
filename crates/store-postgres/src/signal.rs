//! Signals as rows: a kind and some numbers.

use postrider_model::delivery::DeliveryKey;
use postrider_model::id::{EndpointKey, Ordinal, ProjectKey, TenantKey};
use postrider_store::Signal;
use tokio_postgres::types::Type;

use crate::conn::Conn;
use crate::fault::Res;

/// Writes a signal in the transaction of the change it tells of. `writer` is the node's number, which does not read it.
pub(crate) async fn insert(tx: &Conn, writer: i16, signal: &Signal) -> Res<()> {
    let (kind, detail) = encode(signal);
    tx.execute(
        "INSERT INTO postrider.signal (xact, writer, kind, detail)
         VALUES (pg_current_xact_id()::text::bigint, $1, $2, $3)",
        &[(&writer, Type::INT2), (&kind, Type::INT2), (&detail, Type::INT8_ARRAY)],
    )
    .await?;
    Ok(())
}

pub(crate) const ENDPOINT: i16 = 0;
const TENANT: i16 = 1;
const PROJECT: i16 = 2;
const KEYS: i16 = 3;
const CANCELLED: i16 = 4;
const ERASED: i16 = 5;
const REPLAYS: i16 = 6;
const SLOTS: i16 = 7;
const EVERYTHING: i16 = 8;
const CATALOGUE: i16 = 9;

/// The columns `kind` and `detail` of a signal.
pub(crate) fn encode(signal: &Signal) -> (i16, Vec<i64>) {
    match signal {
        Signal::Endpoint(tenant, endpoint) => (ENDPOINT, vec![tenant.0, endpoint.0]),
        Signal::Tenant(tenant, endpoints) => {
            (TENANT, std::iter::once(tenant.0).chain(endpoints.iter().map(|endpoint| endpoint.0)).collect())
        }
        Signal::Project(project) => (PROJECT, vec![project.0]),
        Signal::Catalogue(project) => (CATALOGUE, vec![project.0]),
        Signal::Keys => (KEYS, Vec::new()),
        Signal::Cancelled(key) => (CANCELLED, vec![key.event.0, key.endpoint.0]),
        Signal::Erased(event) => (ERASED, vec![event.0]),
        Signal::Replays => (REPLAYS, Vec::new()),
        Signal::Slots => (SLOTS, Vec::new()),
        Signal::Everything => (EVERYTHING, Vec::new()),
    }
}

/// The inverse of [`encode`]. What a newer version says in words of its own may mean anything.
pub(crate) fn decode(kind: i16, detail: &[i64]) -> Signal {
    match (kind, detail) {
        (ENDPOINT, [tenant, endpoint]) => Signal::Endpoint(TenantKey(*tenant), EndpointKey(*endpoint)),
        (TENANT, [tenant, endpoints @ ..]) => {
            Signal::Tenant(TenantKey(*tenant), endpoints.iter().copied().map(EndpointKey).collect())
        }
        (PROJECT, [project]) => Signal::Project(ProjectKey(*project)),
        (CATALOGUE, [project]) => Signal::Catalogue(ProjectKey(*project)),
        (KEYS, _) => Signal::Keys,
        (CANCELLED, [event, endpoint]) => {
            Signal::Cancelled(DeliveryKey { event: Ordinal(*event), endpoint: EndpointKey(*endpoint) })
        }
        (ERASED, [event]) => Signal::Erased(Ordinal(*event)),
        (REPLAYS, _) => Signal::Replays,
        (SLOTS, _) => Signal::Slots,
        _ => Signal::Everything,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_come_back_from_their_rows_and_unknown_ones_mean_everything() {
        let key = DeliveryKey { event: Ordinal(1 << 50), endpoint: EndpointKey(-3) };
        for signal in [
            Signal::Endpoint(TenantKey(1), EndpointKey(2)),
            Signal::Tenant(TenantKey(1), [].into()),
            Signal::Tenant(TenantKey(1), [EndpointKey(4), EndpointKey(3)].into()),
            Signal::Project(ProjectKey(7)),
            Signal::Catalogue(ProjectKey(8)),
            Signal::Keys,
            Signal::Cancelled(key),
            Signal::Erased(key.event),
            Signal::Replays,
            Signal::Slots,
            Signal::Everything,
        ] {
            let (kind, detail) = encode(&signal);
            assert_eq!(decode(kind, &detail), signal);
        }
        for (kind, detail) in [(99, [1, 2].as_slice()), (ENDPOINT, &[]), (CANCELLED, &[1])] {
            assert_eq!(decode(kind, detail), Signal::Everything);
        }
    }
}
