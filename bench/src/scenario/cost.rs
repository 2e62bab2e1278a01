//! What deliveries cost: CPU time of Postrider and of its PostgreSQL, and the log that this one writes.

use super::bed::Running;
use crate::report::Report;
use crate::result::{Better, Figure, Goal};

/// What of the write-ahead log a delivery may take, in KiB (DESIGN 8).
pub(super) const LOG_KIB: Goal = Goal::AtMost(1.3);

/// What was taken, in all or for each delivery.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Cost {
    /// CPU time of the server under test, in seconds.
    server: f64,
    /// What its PostgreSQL took, if it has one.
    postgres: Option<Postgres>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Postgres {
    /// CPU time, in seconds.
    cpu: f64,
    /// Write-ahead log, in bytes.
    log: f64,
}

/// A measurement that has begun.
#[derive(Debug)]
pub(super) struct Meter {
    began: Cost,
}

impl Meter {
    /// Begins.
    pub(super) fn begin(running: &Running) -> std::io::Result<Self> {
        // The log first: to be asked takes PostgreSQL some time too.
        let log = log(running)?;
        Ok(Self { began: Cost::now(running, log) })
    }

    /// What was taken since.
    pub(super) fn end(&self, running: &Running) -> std::io::Result<Cost> {
        let cpu = Cost::now(running, Some(0.0));
        let log = log(running)?.unwrap_or_default();
        let postgres = cpu.postgres.zip(self.began.postgres);
        let postgres =
            postgres.map(|(now, began)| Postgres { cpu: now.cpu - began.cpu, log: log - began.log });
        Ok(Cost { server: cpu.server - self.began.server, postgres })
    }
}

fn log(running: &Running) -> std::io::Result<Option<f64>> {
    running.postgres.as_ref().map(|postgres| postgres.wal_bytes()).transpose()
}

impl Cost {
    fn now(running: &Running, log: Option<f64>) -> Self {
        let cpu = running.postgres.as_ref().map(|postgres| postgres.cpu_seconds());
        let postgres = cpu.zip(log).map(|(cpu, log)| Postgres { cpu, log });
        Self { server: running.server.cpu_seconds(), postgres }
    }

    /// With what further nodes took of the CPU, in seconds.
    pub(super) fn and_server(self, seconds: f64) -> Self {
        Self { server: self.server + seconds, ..self }
    }

    /// For each of so many deliveries.
    pub(super) fn by(self, deliveries: f64) -> Self {
        let by = deliveries.max(1.0);
        let each = |Postgres { cpu, log }: Postgres| Postgres { cpu: cpu / by, log: log / by };
        Self { server: self.server / by, postgres: self.postgres.map(each) }
    }

    /// CPU time of all of it, in seconds.
    pub(super) fn cpu_seconds(self) -> f64 {
        self.server + self.postgres.map_or(0.0, |postgres| postgres.cpu)
    }
}

/// The figures of costs by delivery; the goal is the log's.
pub(super) fn tell(report: &mut Report, of: &str, costs: &[Cost], goal: Option<Goal>) {
    figures(of, costs, goal).into_iter().for_each(|figure| report.add(figure));
}

fn figures(of: &str, costs: &[Cost], goal: Option<Goal>) -> Vec<Figure> {
    let figure = |name: &str, unit: &str, samples| Figure::new(name, of, unit, Better::Less, samples);
    let micros = |seconds: f64| seconds * 1e6;
    let all = costs.iter().map(|cost| micros(cost.cpu_seconds())).collect();
    let mut figures = vec![figure("cpu", "µs", all)];
    let postgres: Vec<Postgres> = costs.iter().filter_map(|cost| cost.postgres).collect();
    if !postgres.is_empty() {
        let server = costs.iter().map(|cost| micros(cost.server)).collect();
        figures.push(figure("cpu of Postrider", "µs", server));
        let cpu = postgres.iter().map(|postgres| micros(postgres.cpu)).collect();
        figures.push(figure("cpu of PostgreSQL", "µs", cpu));
        let log = postgres.iter().map(|postgres| postgres.log / 1024.0).collect();
        figures.push(Figure { goal, ..figure("write-ahead log", "KiB", log) });
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_store_has_one_figure_and_postgresql_is_told_apart() {
        let alone = Cost { server: 2.0, postgres: None }.by(1_000_000.0);
        let names = |figures: &[Figure]| figures.iter().map(|figure| figure.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&figures("postrider", &[alone], Some(LOG_KIB))), ["cpu"]);
        let both = Cost { server: 2.0, postgres: Some(Postgres { cpu: 3.0, log: 2048e6 }) }.by(1_000_000.0);
        let told = figures("postrider", &[both], Some(LOG_KIB));
        assert_eq!(names(&told), ["cpu", "cpu of Postrider", "cpu of PostgreSQL", "write-ahead log"]);
        let medians: Vec<f64> = told.iter().map(|figure| figure.median.round()).collect();
        assert_eq!(medians, [5.0, 2.0, 3.0, 2.0]);
        assert!(!told[3].is_met());
    }
}
