//! States as badges: a sign, a word and a colour, so that none of them is needed to tell.

use maud::{Markup, html};
use postrider_model::delivery::DeliveryState;
use postrider_model::endpoint::DisabledReason;

/// A delivery's state.
pub(crate) fn delivery(state: DeliveryState) -> Markup {
    let (class, sign, word) = match state {
        DeliveryState::Delivered => ("good", "✓", "delivered"),
        DeliveryState::Failed => ("bad", "✗", "failed"),
        DeliveryState::Pending => ("wait", "…", "pending"),
        DeliveryState::Held => ("held", "‖", "held"),
        DeliveryState::Cancelled => ("none", "–", "cancelled"),
    };
    badge(class, sign, word)
}

/// Whether an endpoint gets events.
pub(crate) fn endpoint(enabled: bool, failing: bool) -> Markup {
    match (enabled, failing) {
        (true, false) => badge("good", "✓", "enabled"),
        (true, true) => badge("wait", "!", "failing"),
        (false, _) => badge("held", "‖", "disabled"),
    }
}

/// Why an endpoint is disabled, for its owner.
pub(crate) fn disabled_reason(reason: Option<DisabledReason>) -> &'static str {
    match reason {
        Some(DisabledReason::Failures) => "Disabled automatically, because deliveries to it kept failing.",
        Some(DisabledReason::Gone) => {
            "Disabled automatically, because its server answered 410 Gone: it does not want any more."
        }
        Some(DisabledReason::Manual) | None => "Disabled by hand.",
    }
}

/// A sign, a word and a colour.
pub(crate) fn badge(class: &str, sign: &str, word: &str) -> Markup {
    html! { span class={ "badge " (class) } { span aria-hidden="true" { (sign) " " } (word) } }
}
