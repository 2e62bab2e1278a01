//! Endpoint health: streaks of failures, and the rule that disables (DESIGN 4.3 and 4.4).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Millis;

/// When an endpoint is disabled by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RuleForm", into = "RuleForm")]
pub enum DisableRule {
    /// Never.
    #[default]
    Never,
    /// When a delivery used up its attempts and the endpoint had no success since that delivery's first one.
    DeliveryExhausted,
    /// After so many failed attempts in a row.
    ConsecutiveFailures(u32),
    /// After nothing but failures for so long.
    FailingFor(Duration),
}

/// The forms of the `disable` setting: `"never"`, `"delivery-exhausted"`, `{"consecutive_failures": 10}`,
/// `{"failing_for_seconds": 432000}` (DESIGN 4.4).
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum RuleForm {
    Word(String),
    Count(Count),
    Time(Time),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Count {
    consecutive_failures: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Time {
    failing_for_seconds: u64,
}

impl TryFrom<RuleForm> for DisableRule {
    type Error = String;

    fn try_from(form: RuleForm) -> Result<Self, String> {
        match form {
            RuleForm::Word(word) if word == "never" => Ok(Self::Never),
            RuleForm::Word(word) if word == "delivery-exhausted" => Ok(Self::DeliveryExhausted),
            RuleForm::Word(word) => {
                Err(format!("unknown rule {word:?}: expected \"never\" or \"delivery-exhausted\""))
            }
            RuleForm::Count(Count { consecutive_failures: 0 }) => {
                Err("consecutive_failures must be at least 1".to_owned())
            }
            RuleForm::Count(count) => Ok(Self::ConsecutiveFailures(count.consecutive_failures)),
            RuleForm::Time(Time { failing_for_seconds: 0 }) => {
                Err("failing_for_seconds must be at least 1".to_owned())
            }
            RuleForm::Time(time) => Ok(Self::FailingFor(Duration::from_secs(time.failing_for_seconds))),
        }
    }
}

impl From<DisableRule> for RuleForm {
    fn from(rule: DisableRule) -> Self {
        match rule {
            DisableRule::Never => Self::Word("never".to_owned()),
            DisableRule::DeliveryExhausted => Self::Word("delivery-exhausted".to_owned()),
            DisableRule::ConsecutiveFailures(count) => Self::Count(Count { consecutive_failures: count }),
            DisableRule::FailingFor(time) => Self::Time(Time { failing_for_seconds: time.as_secs() }),
        }
    }
}

/// What is known of an endpoint's attempts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Failed attempts since the last success.
    pub failure_count: u32,
    /// Start of the first of them.
    pub failing_since: Option<Millis>,
    /// Start of the last attempt that succeeded.
    pub last_success_at: Option<Millis>,
    /// Start of the latest attempt.
    pub last_attempt_at: Option<Millis>,
    /// Its response's status.
    pub last_status: Option<u16>,
}

/// An attempt, as health sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptSeen {
    /// Its start.
    pub started_at: Millis,
    /// Its end.
    pub ended_at: Millis,
    /// Whether it succeeded.
    pub success: bool,
    /// Its response's status.
    pub status: Option<u16>,
    /// Where it was a delivery's last one: the start of that delivery's first.
    pub exhausted_since: Option<Millis>,
}

/// What an attempt changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HealthChange {
    /// A streak of failures began, grew or ended: worth writing.
    pub streak: bool,
    /// The rule says: disable.
    pub disable: bool,
}

impl Health {
    /// Takes an attempt in.
    pub fn after(&mut self, rule: &DisableRule, seen: &AttemptSeen) -> HealthChange {
        if self.last_attempt_at.is_none_or(|at| at <= seen.started_at) {
            self.last_attempt_at = Some(seen.started_at);
            self.last_status = seen.status;
        }
        if seen.success {
            let streak = self.failure_count > 0;
            self.failure_count = 0;
            self.failing_since = None;
            self.last_success_at = self.last_success_at.max(Some(seen.started_at));
            return HealthChange { streak, disable: false };
        }
        self.failure_count = self.failure_count.saturating_add(1);
        let since = *self.failing_since.get_or_insert(seen.started_at);
        let disable = match rule {
            DisableRule::Never => false,
            DisableRule::DeliveryExhausted => {
                seen.exhausted_since.is_some_and(|first| self.no_success_since(first))
            }
            DisableRule::ConsecutiveFailures(count) => self.failure_count >= *count,
            DisableRule::FailingFor(time) => seen.ended_at.since(since) >= *time,
        };
        HealthChange { streak: true, disable }
    }

    /// A delivery was given up because it could not be attempted in time; it counts as exhausted (DESIGN 2.3), and
    /// not as an attempt. `since` is the start of its first attempt, or when it fell due if there was none. Returns
    /// whether the rule says: disable.
    pub fn after_giving_up(&self, rule: &DisableRule, since: Millis) -> bool {
        *rule == DisableRule::DeliveryExhausted && self.no_success_since(since)
    }

    fn no_success_since(&self, first: Millis) -> bool {
        self.last_success_at.is_none_or(|success| success < first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_given_up_without_an_attempt_counts_as_exhausted_and_not_as_a_failed_attempt() {
        let mut health = Health::default();
        assert!(health.after_giving_up(&DisableRule::DeliveryExhausted, Millis(10)));
        assert!(!health.after_giving_up(&DisableRule::ConsecutiveFailures(1), Millis(10)));
        health.after(&DisableRule::DeliveryExhausted, &seen(20, true, None));
        assert!(!health.after_giving_up(&DisableRule::DeliveryExhausted, Millis(10)));
        assert!(health.after_giving_up(&DisableRule::DeliveryExhausted, Millis(30)));
        assert_eq!(health.failure_count, 0);
    }

    fn seen(at: i64, success: bool, exhausted_since: Option<i64>) -> AttemptSeen {
        AttemptSeen {
            started_at: Millis(at),
            ended_at: Millis(at + 1),
            success,
            status: None,
            exhausted_since: exhausted_since.map(Millis),
        }
    }

    #[test]
    fn the_tenth_failure_in_a_row_disables_and_a_success_starts_the_count_anew() {
        let rule = DisableRule::ConsecutiveFailures(10);
        let mut health = Health::default();
        for at in 0..9 {
            assert!(!health.after(&rule, &seen(at, false, None)).disable);
        }
        assert!(health.after(&rule, &seen(9, true, None)).streak);
        for at in 10..19 {
            assert!(!health.after(&rule, &seen(at, false, None)).disable);
        }
        assert!(health.after(&rule, &seen(19, false, None)).disable);
        assert_eq!(health.failure_count, 10);
    }

    #[test]
    fn an_exhausted_delivery_disables_only_without_a_success_since_its_first_attempt() {
        let rule = DisableRule::DeliveryExhausted;
        let mut health = Health::default();
        health.after(&rule, &seen(50, true, None));
        assert!(!health.after(&rule, &seen(100, false, Some(40))).disable);
        assert!(!health.after(&rule, &seen(101, false, None)).disable);
        assert!(health.after(&rule, &seen(102, false, Some(60))).disable);
    }

    #[test]
    fn five_days_of_nothing_but_failures_disable() {
        let rule = DisableRule::FailingFor(Duration::from_secs(432_000));
        let mut health = Health::default();
        assert!(!health.after(&rule, &seen(0, false, None)).disable);
        assert!(!health.after(&rule, &seen(431_999_000, false, None)).disable);
        assert!(health.after(&rule, &seen(432_000_000, false, None)).disable);
    }

    #[test]
    fn a_straggler_does_not_hide_the_latest_attempt() {
        let mut health = Health::default();
        health.after(&DisableRule::Never, &seen(10, true, None));
        health.after(&DisableRule::Never, &seen(5, false, None));
        assert_eq!(health.last_attempt_at, Some(Millis(10)));
    }

    #[test]
    fn rules_are_written_as_the_settings_show_them() {
        for text in [
            r#""never""#,
            r#""delivery-exhausted""#,
            r#"{"consecutive_failures":10}"#,
            r#"{"failing_for_seconds":432000}"#,
        ] {
            let rule: DisableRule = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&rule).unwrap(), text);
        }
        for text in [r#""sometimes""#, r#"{"consecutive_failures":0}"#, r#"{"other":1}"#, "5"] {
            assert!(serde_json::from_str::<DisableRule>(text).is_err(), "{text}");
        }
    }
}
