//! Medians of rounds, and the table: figure, yardstick, ratio, targets.

use std::fmt::Write;

/// The middle of some figures.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A figure at the given percentage of all, from the lowest.
pub fn percentile(figures: &[f64], percent: f64) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let nth = (sorted.len() as f64 * percent / 100.0).ceil() as usize;
    sorted.get(nth.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

/// How many rounds each figure is the median of: `KULTA_BENCH_ROUNDS`, default 3.
pub fn rounds() -> usize {
    usize::try_from(crate::size("KULTA_BENCH_ROUNDS", 3)).unwrap_or(3).max(1)
}

/// Figures of kulta and of the yardstick, taken in turns.
#[derive(Clone, Debug, Default)]
pub struct Turns {
    kulta: Vec<f64>,
    yardstick: Vec<f64>,
}

impl Turns {
    /// Adds a round.
    pub fn add(&mut self, kulta: f64, yardstick: f64) {
        self.kulta.push(kulta);
        self.yardstick.push(yardstick);
    }

    /// The median figure of kulta, of the yardstick, and of their ratio, round by round.
    pub fn medians(&self) -> (f64, f64, f64) {
        let ratios: Vec<_> = self.kulta.iter().zip(&self.yardstick).map(|(kulta, yard)| kulta / yard).collect();
        (median(&self.kulta), median(&self.yardstick), median(&ratios))
    }
}

/// A table, printed row by row as it grows, in Markdown.
#[derive(Debug, Default)]
pub struct Table {
    begun: bool,
}

impl Table {
    /// A row with a yardstick. `must` and `goal` are ratios.
    pub fn ratio(&mut self, what: &str, turns: &Turns, must: f64, goal: f64, remark: &str) {
        let (kulta, yardstick, ratio) = turns.medians();
        let verdict = verdict(ratio >= must, ratio >= goal);
        self.row(&[
            what,
            &number(kulta),
            &number(yardstick),
            &format!("{ratio:.2}"),
            &must.to_string(),
            &goal.to_string(),
            verdict,
            remark,
        ]);
    }

    /// A row whose targets are upper bounds of the figure itself.
    pub fn at_most(&mut self, what: &str, figure: f64, unit: &str, must: f64, goal: f64, remark: &str) {
        let verdict = verdict(figure <= must, figure <= goal);
        let (must, goal) = (format!("{must} {unit}"), format!("{goal} {unit}"));
        self.row(&[what, &format!("{figure:.1} {unit}"), "", "", &must, &goal, verdict, remark]);
    }

    /// A row without a target.
    pub fn plain(&mut self, what: &str, figure: f64, unit: &str, remark: &str) {
        self.row(&[what, &format!("{figure:.1} {unit}"), "", "", "", "", "", remark]);
    }

    fn row(&mut self, cells: &[&str]) {
        if !self.begun {
            self.begun = true;
            println!("| what | kulta | yardstick | ratio | must | goal | | remarks |");
            println!("|---|---|---|---|---|---|---|---|");
        }
        let mut line = String::from("|");
        for cell in cells {
            // Writing to a String does not fail.
            let _ = write!(line, " {cell} |");
        }
        println!("{line}");
    }
}

fn verdict(must: bool, goal: bool) -> &'static str {
    match (must, goal) {
        (_, true) => "goal",
        (true, _) => "must",
        _ => "missed",
    }
}

fn number(figure: f64) -> String {
    if figure >= 1_000.0 {
        let whole = figure.round() as u64;
        let (thousands, rest) = (whole / 1_000, whole % 1_000);
        return format!("{thousands},{rest:03}/s");
    }
    format!("{figure:.1}/s")
}

/// The machine: cores and memory, for the head of a report.
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = memory.lines().find(|line| line.starts_with("MemTotal:"));
    let kilobytes = total.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok()).unwrap_or(0.0);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("?").to_owned();
    format!("{cores} cores, {:.0} GiB, load {load} at the start", kilobytes / 1024.0 / 1024.0)
}
