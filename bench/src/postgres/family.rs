//! CPU time of a process and its children, those that have ended included.

/// Ticks of /proc/PID/stat in a second (USER_HZ, which Linux fixes at 100).
const TICKS_PER_SECOND: f64 = 100.0;

/// Of processes of which the first is the parent of the others; it has waited for those that are gone.
pub(crate) fn cpu_seconds(processes: &[u32]) -> f64 {
    let stat = |process: &u32| std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let Some((parent, children)) = processes.split_first() else { return 0.0 };
    // The parent first: what a child used that ends in between is then left out for once, and not counted twice.
    let ended_too = ticks(&stat(parent), &[14, 15, 16, 17]);
    let running: f64 = children.iter().map(|child| ticks(&stat(child), &[14, 15])).sum();
    (ended_too + running) / TICKS_PER_SECOND
}

/// The sum of these fields of a line of /proc/PID/stat, numbered as proc(5) does: 14 and 15 are its own user and system
/// time, 16 and 17 those of children it has waited for.
fn ticks(stat: &str, fields: &[usize]) -> f64 {
    // The second field, a name in parentheses, may hold anything.
    let rest: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let tick = |field: &usize| rest.get(field - 3).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    fields.iter().map(tick).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_behind_a_name_that_holds_anything() {
        let stat = "71 (post) gres) S 1 71 71 0 -1 4194560 24 5 6 7 100 20 3 4 20 0 1";
        assert_eq!((ticks(stat, &[14, 15]), ticks(stat, &[14, 15, 16, 17])), (120.0, 127.0));
        assert_eq!(ticks("", &[14]), 0.0);
    }

    #[test]
    fn a_process_has_used_time_and_none_has_used_none() {
        let mut sum = 0_u64;
        while cpu_seconds(&[std::process::id()]) == 0.0 {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(cpu_seconds(&[]) == 0.0);
    }
}
