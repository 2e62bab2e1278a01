//! The public id of a batch.

use postrider_model::id::{EventId, IdForm};
use ring::digest;
use uuid::Uuid;

/// `bat_…` over the members of a batch (DESIGN 4.4): the same events in the same order have the same id, so a
/// receiver knows a repeated batch. Batches are not stored.
pub fn batch_id<'a>(members: impl IntoIterator<Item = &'a EventId>) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for member in members {
        context.update(member.0.as_bytes());
    }
    let digest = context.finish();
    let mut half = [0; 16];
    half.copy_from_slice(&digest.as_ref()[..16]);
    IdForm::Prefix("bat_".to_owned()).show(Uuid::from_bytes(half))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_id_tells_its_members_and_their_order() {
        let [a, b] = [1, 2].map(|number| EventId(Uuid::from_u128(number)));
        assert_eq!(batch_id(&[a, b]), batch_id(&[a, b]));
        assert_ne!(batch_id(&[a, b]), batch_id(&[b, a]));
        assert_ne!(batch_id(&[a]), batch_id(&[a, b]));
        assert_eq!(batch_id(&[a]).len(), "bat_".len() + 22);
        assert!(batch_id(&[a]).starts_with("bat_"));
    }
}
