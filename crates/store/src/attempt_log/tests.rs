use bytes::Bytes;
use proptest::prelude::*;

use super::*;

fn attempt(number: u32, success: bool, excerpt: usize) -> Attempt {
    Attempt {
        number,
        started_at: Millis(1_700_000_000_000 + i64::from(number) * 60_000),
        latency_ms: 12 + number,
        response_status: Some(if success { 200 } else { 503 }),
        error: (!success).then(|| "http_status".to_owned()),
        success,
        excerpt: Bytes::from(vec![b'x'; excerpt]),
        note: None,
    }
}

fn log_of(attempts: &[Attempt]) -> Vec<u8> {
    attempts.iter().fold(Vec::new(), |log, attempt| AttemptLog::append(&log, attempt).unwrap())
}

#[test]
fn attempts_come_back_in_order_with_every_field() {
    let mut odd = attempt(2, false, 10);
    odd.note = Some("cut by the deadline – ü".to_owned());
    odd.started_at = Millis(5);
    odd.response_status = None;
    let attempts = [attempt(1, false, 3), odd, attempt(3, true, 0)];
    assert_eq!(AttemptLog::decode(&log_of(&attempts)), Ok(attempts.to_vec()));
    assert_eq!(AttemptLog::last(&log_of(&attempts)), Ok(Some(attempts[2].clone())));
}

#[test]
fn only_the_last_three_failures_keep_their_response() {
    let log = log_of(&(1..=6).map(|number| attempt(number, number == 4, 100)).collect::<Vec<_>>());
    let kept: Vec<usize> =
        AttemptLog::decode(&log).unwrap().iter().map(|attempt| attempt.excerpt.len()).collect();
    assert_eq!(kept, [0, 0, 100, 100, 100, 100]);
}

#[test]
fn responses_are_cut_to_their_bounds() {
    let log = log_of(&[attempt(1, false, 10_000), attempt(2, true, 10_000)]);
    let kept: Vec<usize> =
        AttemptLog::decode(&log).unwrap().iter().map(|attempt| attempt.excerpt.len()).collect();
    assert_eq!(kept, [FAILURE_EXCERPT_BYTES, SUCCESS_EXCERPT_BYTES]);
}

#[test]
fn a_run_begins_with_the_first_of_its_attempts() {
    let attempts: Vec<Attempt> = (1..=5).map(|number| attempt(number, false, 0)).collect();
    let log = log_of(&attempts);
    assert_eq!(AttemptLog::first_started_at(&log, 2), Ok(Some(attempts[3].started_at)));
    assert_eq!(AttemptLog::first_started_at(&log, 5), Ok(Some(attempts[0].started_at)));
    assert_eq!(AttemptLog::first_started_at(&log, 0), Ok(None));
    assert_eq!(AttemptLog::first_started_at(&[], 0), Ok(None));
}

#[test]
fn endless_replays_do_not_grow_a_log_without_end_and_are_still_counted() {
    let log = log_of(&(1..=400).map(|number| attempt(number, false, 4096)).collect::<Vec<_>>());
    assert_eq!(AttemptLog::count(&log), Ok(400));
    assert_eq!(AttemptLog::decode(&log).unwrap().len(), KEPT_ATTEMPTS);
    assert_eq!(AttemptLog::decode(&log).unwrap()[0].number, 145);
}

#[test]
fn an_erased_log_keeps_the_attempts_without_what_was_answered() {
    let log = log_of(&[attempt(1, false, 50), attempt(2, true, 50)]);
    let bare = AttemptLog::decode(&AttemptLog::without_excerpts(&log).unwrap()).unwrap();
    assert_eq!(bare.len(), 2);
    assert!(bare.iter().all(|attempt| attempt.excerpt.is_empty() && attempt.response_status.is_some()));
}

#[test]
fn a_log_of_a_newer_program_is_named_and_a_broken_one_refused() {
    assert_eq!(AttemptLog::decode(&[9, 1]), Err(BadLog::Version(9)));
    let log = log_of(&[attempt(1, false, 50)]);
    assert_eq!(AttemptLog::decode(&log[..log.len() - 1]), Err(BadLog::Broken));
    assert_eq!(AttemptLog::count(&[]), Ok(0));
}

prop_compose! {
    fn any_attempt()(
        number: u32, started_at: i64, latency_ms: u32, response_status: Option<u16>,
        error in proptest::option::of("[a-z_]{0,20}"), success: bool,
        excerpt in proptest::collection::vec(any::<u8>(), 0..200), note in proptest::option::of(".{0,20}"),
    ) -> Attempt {
        Attempt {
            number, started_at: Millis(started_at), latency_ms, response_status, error, success,
            excerpt: excerpt.into(), note,
        }
    }
}

proptest! {
    #[test]
    fn up_to_three_attempts_of_any_kind_survive_packing(attempts in proptest::collection::vec(any_attempt(), 0..4)) {
        let log = log_of(&attempts);
        prop_assert_eq!(AttemptLog::count(&log).unwrap() as usize, attempts.len());
        prop_assert_eq!(AttemptLog::decode(&log).unwrap(), attempts);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(log in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = AttemptLog::decode(&log);
        let _ = AttemptLog::first_started_at(&log, 2);
    }
}
