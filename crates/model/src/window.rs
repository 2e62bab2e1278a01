//! How many attempts of one endpoint may be in flight: an adaptive window (DESIGN 2.3).

/// Where every window starts.
const START: u32 = 4;

/// Starts at 4, doubles per full window of successes until the first failure, then grows by one per full window;
/// halves on timeouts, connection errors and statuses that mean "too much". Latency is not a signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    size: u32,
    max: u32,
    successes: u32,
    doubling: bool,
}

impl Window {
    /// A fresh window that never grows beyond `max`.
    pub fn new(max: u32) -> Self {
        let max = max.max(1);
        Self { size: START.min(max), max, successes: 0, doubling: true }
    }

    /// Attempts that may be in flight now, at least 1.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// An attempt succeeded.
    pub fn on_success(&mut self) {
        self.successes += 1;
        if self.successes < self.size {
            return;
        }
        self.successes = 0;
        let grown = if self.doubling { self.size.saturating_mul(2) } else { self.size + 1 };
        self.size = grown.min(self.max);
    }

    /// An attempt failed without saying that it was too much: the doubling ends. The window goes on filling, else an
    /// endpoint that fails one event in twenty would hardly ever get a wide one.
    pub fn on_failure(&mut self) {
        self.doubling = false;
    }

    /// A timeout, a connection error or a status that means "too much".
    pub fn on_slow(&mut self) {
        self.doubling = false;
        self.successes = 0;
        self.size = (self.size / 2).max(1);
    }

    /// The endpoint's ceiling changed.
    pub fn set_max(&mut self, max: u32) {
        self.max = max.max(1);
        self.size = self.size.min(self.max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn succeed(window: &mut Window, times: u32) {
        (0..times).for_each(|_| window.on_success());
    }

    #[test]
    fn a_window_doubles_per_full_window_of_successes_up_to_its_maximum() {
        let mut window = Window::new(64);
        let mut sizes = vec![window.size()];
        for _ in 0..5 {
            succeed(&mut window, sizes[sizes.len() - 1]);
            sizes.push(window.size());
        }
        assert_eq!(sizes, [4, 8, 16, 32, 64, 64]);
    }

    #[test]
    fn after_the_first_failure_it_grows_by_one() {
        let mut window = Window::new(64);
        window.on_failure();
        succeed(&mut window, 4);
        assert_eq!(window.size(), 5);
        succeed(&mut window, 5);
        assert_eq!(window.size(), 6);
    }

    #[test]
    fn ordinary_failures_among_successes_do_not_keep_it_narrow() {
        let mut window = Window::new(64);
        for _ in 0..300 {
            succeed(&mut window, 19);
            window.on_failure();
        }
        assert_eq!(window.size(), 64);
    }

    #[test]
    fn it_halves_on_trouble_and_never_closes() {
        let mut window = Window::new(64);
        let sizes: Vec<_> = (0..4)
            .map(|_| {
                window.on_slow();
                window.size()
            })
            .collect();
        assert_eq!(sizes, [2, 1, 1, 1]);
    }

    #[test]
    fn a_lower_ceiling_holds_at_once() {
        let mut window = Window::new(64);
        window.set_max(2);
        assert_eq!(window.size(), 2);
        succeed(&mut window, 10);
        assert_eq!(window.size(), 2);
    }
}
