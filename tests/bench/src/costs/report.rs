//! The table of costs, as it is printed and as `docs/costs.md` keeps it.
use std::fmt::Write as _;

use shared::{
    function::{Function, Route},
    http::Credential,
};

use super::{
    step::Steps,
    walk::{Cost, Walked},
};
use crate::grid::{Grid, units};

const HEAD: &str = "<!-- Written by `cargo run --release -p bench -- costs --write`. -->
# What endpoints cost

DynamoDB calls, read units and write units of one request, as the local DynamoDB engine counts them. A batch and a transaction are \
one call each; every index that a write touches counts as a write, everything in a transaction counts twice. Each endpoint is \
called over HTTP by somebody for whom it succeeds: a borrower with four loans, or staff. Other people's loans are stored before, \
once few and once many. **differs** marks what the two runs disagree about: there, the cost depends on how much is stored.

The budget (`docs/benchmarks.md`) is one call for a read and one transaction for a write, and one more call where a session says \
who it is. **+n** marks a request that makes n calls more, for instance to read what it then changes, or to count how often \
somebody has tried.
";

/// The whole report on two runs, each with its number of loans.
pub(super) fn markdown(walks: &[Steps], runs: &[(usize, Vec<Walked>); 2]) -> String {
    let mut text = HEAD.to_owned();
    let [(few_loans, few), (many_loans, many)] = runs;
    for ((steps, few), many) in walks.iter().zip(few).zip(many) {
        let mut endpoints = endpoints(steps.functions);
        endpoints.sort_by_key(|(_, route)| (route.path, route.method));
        let (table, count) = table(&endpoints, [(*few_loans, few), (*many_loans, many)]);
        push(&mut text, format_args!("\n## {}\n\n{table}\n{count}\n", steps.wing.title));
        let missed: Vec<String> = endpoints
            .iter()
            .filter(|(function, _)| !many.costs.keys().any(|(name, _)| *name == function.name))
            .map(|(function, route)| {
                format!("- `{} {}` ({})\n", route.method.name(), route.path, function.name)
            })
            .collect();
        if !missed.is_empty() {
            push(&mut text, format_args!("\nNot exercised:\n\n{}", missed.concat()));
        }
        if !many.failed.is_empty() {
            let lines: Vec<String> = many.failed.iter().map(|line| format!("- {line}\n")).collect();
            push(&mut text, format_args!("\nLines of the walk that came to nothing:\n\n{}", lines.concat()));
        }
        if !many.behind.is_empty() {
            let behind = behind(few, many);
            push(
                &mut text,
                format_args!(
                    "\nFunctions that ran because of it, the dearest invocation of each:\n\n{behind}"
                ),
            );
        }
    }
    text
}

fn table(endpoints: &[(&'static Function, &'static Route)], runs: [(usize, &Walked); 2]) -> (Grid, String) {
    let [(few_loans, few), (many_loans, many)] = runs;
    let (few_loans, many_loans) = (thousands(few_loans), thousands(many_loans));
    let mut grid = Grid::new(&[
        "endpoint",
        &format!(">calls, {few_loans} loans"),
        ">read units",
        ">write units",
        &format!(">calls, {many_loans} loans"),
        ">read units",
        ">write units",
        "remark",
    ]);
    let (mut rows, mut differ, mut over) = (0, 0, 0);
    for (function, route) in endpoints {
        let costs = many.costs.iter().filter(|((name, _), _)| *name == function.name);
        for ((name, case), &cost) in costs {
            let before = few.costs.get(&(*name, *case)).copied();
            let beyond = cost.calls.saturating_sub(budget(route));
            let differs = before != Some(cost);
            rows += 1;
            differ += usize::from(differs);
            over += usize::from(beyond > 0);
            let remarks =
                [differs.then(|| "**differs**".to_owned()), (beyond > 0).then(|| format!("+{beyond}"))];
            let [calls, read, write] = cells(before);
            let [calls_then, read_then, write_then] = cells(Some(cost));
            let remark: Vec<String> = remarks.into_iter().flatten().collect();
            let remark = remark.join(", ");
            grid.row([endpoint(route, case), calls, read, write, calls_then, read_then, write_then, remark]);
        }
    }
    let count = format!(
        "{rows} rows; {differ} differ between {few_loans} and {many_loans} loans; {over} make more calls than the budget."
    );
    (grid, count)
}

fn behind(few: &Walked, many: &Walked) -> Grid {
    let mut grid = Grid::new(&["function", ">calls", ">read units", ">write units", "remark"]);
    for (name, &cost) in &many.behind {
        let [calls, read, write] = cells(Some(cost));
        let differs = few.behind.get(name) != Some(&cost);
        let remark = if differs { "**differs**".to_owned() } else { String::new() };
        grid.row([(*name).to_owned(), calls, read, write, remark]);
    }
    grid
}

fn endpoint(route: &Route, case: &str) -> String {
    let case = if case.is_empty() { String::new() } else { format!(", {case}") };
    format!("`{} {}`{case}", route.method.name(), route.path)
}

fn cells(cost: Option<Cost>) -> [String; 3] {
    let none = || "–".to_owned();
    cost.map_or_else(
        || [none(), none(), none()],
        |cost| [cost.calls.to_string(), units(cost.read), units(cost.write)],
    )
}

/// One call, and one to find out who calls.
fn budget(route: &Route) -> u32 {
    1 + u32::from(matches!(route.access.credential, Credential::Cookie(_)))
}

fn endpoints(functions: &[&'static Function]) -> Vec<(&'static Function, &'static Route)> {
    functions.iter().filter_map(|function| Some((*function, function.route()?))).collect()
}

fn thousands(loans: usize) -> String {
    if loans >= 1_000 { format!("{} {:03}", loans / 1_000, loans % 1_000) } else { loans.to_string() }
}

fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    text.write_fmt(what).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_is_in_the_report_also_one_that_no_walk_reached() {
        let walked = || vec![Walked::default()];
        let report = markdown(&[super::super::lending::STEPS], &[(1_000, walked()), (100_000, walked())]);
        for function in lending::FUNCTIONS.iter().filter(|function| function.route().is_some()) {
            assert!(report.contains(&format!("({})", function.name)), "{}", function.name);
        }
        assert!(report.contains("calls, 100 000 loans"));
        assert_eq!(budget(lending::endpoints::auth::send_otp::FUNCTION.route().unwrap()), 1);
        assert_eq!([thousands(999), thousands(100_000)], ["999", "100 000"]);
    }
}
