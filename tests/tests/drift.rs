//! Nothing has drifted: declarations, mains, templates, permissions, events and documents say the same. When one of these fails,
//! `cargo run -- derive` mends most; the message says what else to do.
#![expect(clippy::unwrap_used, reason = "a test that cannot read the repository has failed")]
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{read_dir, read_to_string},
    path::{Path, PathBuf},
    process::Command,
};

use local::derive::{House, events, table, template};
use shared::{
    config::Config,
    function::{Function, Need, Trigger},
};

/// `quintet-staging-` stands before the name, and Lambda takes 64 characters.
const LONGEST_NAME: usize = 48;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn functions() -> Vec<&'static Function> {
    House::built().wings.iter().flat_map(|(_, functions)| functions.iter().copied()).collect()
}

/// Files with this ending below `directory`, relative to the root.
fn files(directory: impl AsRef<Path>, ending: &str) -> Vec<PathBuf> {
    let Ok(entries) = read_dir(root().join(&directory)) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.unwrap();
        let path = directory.as_ref().join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(path, ending));
        } else if path.extension().is_some_and(|end| end == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Fails with all of `faults` at once.
fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn everything_derived_is_fresh() {
    let report = local::derive::run(&root(), true).unwrap();
    assert!(report.is_fresh(), "run `cargo run -- derive` and commit what it writes:\n{report}");
}

#[test]
fn every_function_is_named_once_and_after_its_wing() {
    let mut faults = Vec::new();
    let mut known = BTreeSet::new();
    for (wing, functions) in House::built().wings {
        for function in functions {
            let name = function.name;
            let fault = if !known.insert(name) {
                "is declared twice"
            } else if !name.starts_with(&format!("{}-", wing.name)) || function.wing.name != wing.name {
                "does not start with its wing"
            } else if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
                "has other characters than a-z, 0-9 and -"
            } else if name.len() > LONGEST_NAME {
                "is too long"
            } else if function.summary.is_empty() || function.summary.len() > 256 {
                "has no summary, or one that AWS finds too long"
            } else if matches!(function.trigger, Trigger::None) {
                "declares no trigger"
            } else {
                continue;
            };
            faults.push(format!("{name} {fault}"));
        }
    }
    none(&faults);
}

/// `functions/lending/src/endpoints/auth/send_otp.rs` → `lending::endpoints::auth::send_otp`.
fn module_of(file: &Path) -> String {
    let parts: Vec<_> = file.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let [_, wing, _, inside @ ..] = &*parts else { panic!("{} is not in a wing", file.display()) };
    let module = format!("{wing}::{}", inside.join("::"));
    module.trim_end_matches(".rs").trim_end_matches("::mod").to_owned()
}

#[test]
fn every_declaration_is_listed_and_stands_where_its_name_says() {
    let mut faults = Vec::new();
    let mut written = BTreeSet::new();
    for (wing, _) in House::built().wings {
        for file in files(format!("functions/{}/src", wing.name), "rs") {
            if read(&file).contains("pub static FUNCTION: Function") {
                written.insert(module_of(&file));
            }
        }
    }
    let listed: BTreeMap<_, _> =
        functions().into_iter().map(|function| (function.module, function)).collect();
    let missing = written.iter().filter(|module| !listed.contains_key(module.as_str()));
    faults.extend(missing.map(|module| format!("{module}::FUNCTION is not in the list of its wing")));
    for (module, function) in listed {
        let name = function.name;
        if !written.contains(module) {
            faults.push(format!("{name}: `module: module_path!()` is missing, or it is not called FUNCTION"));
        }
        let place = match function.trigger {
            Trigger::None | Trigger::Http(_) => "endpoints",
            Trigger::Queue(_) => "consumers",
            Trigger::Stream(_) => "readers",
            Trigger::Schedule(_) => "schedules",
        };
        if module.split("::").nth(1) != Some(place) {
            faults.push(format!("{name} stands in {module} and not in {place}"));
        }
        let words: BTreeSet<_> = name.split('-').collect();
        let file = module.rsplit("::").next().unwrap_or_default();
        if !file.split('_').all(|word| words.contains(word)) {
            faults.push(format!("{name} stands in a file called {file}.rs"));
        }
    }
    none(&faults);
}

#[test]
fn every_function_has_a_sample_event_of_its_kind() {
    let mut faults = Vec::new();
    let mut wanted = BTreeSet::new();
    for function in functions() {
        let path = PathBuf::from(format!("events/{}/{}.json", function.wing.name, function.name));
        let fault = match read_to_string(root().join(&path)) {
            Err(error) => Some(error.to_string()),
            Ok(text) => match serde_json::from_str(&text) {
                Err(error) => Some(error.to_string()),
                Ok(event) => events::fault(function, &event),
            },
        };
        faults.extend(fault.map(|fault| format!("{}: {fault}", path.display())));
        wanted.insert(path);
    }
    let found = files("events", "json").into_iter().filter(|path| !wanted.contains(path));
    faults.extend(found.map(|path| format!("{}: no function of this name", path.display())));
    none(&faults);
}

#[test]
fn every_function_ends_before_its_caller_gives_up() {
    let late = functions().into_iter().filter(|function| {
        let longest = if function.route().is_some() { 29 } else { 900 };
        function.timeout_s == 0 || function.timeout_s > longest
    });
    none(&late.map(|function| format!("{}: {} s", function.name, function.timeout_s)).collect::<Vec<_>>());
}

#[test]
fn no_two_endpoints_share_a_route() {
    let mut known = BTreeMap::new();
    let mut faults = Vec::new();
    for function in functions() {
        let Some(route) = function.route() else { continue };
        // What a parameter is called makes no difference to a router.
        let path: Vec<_> =
            route.path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect();
        let key = (function.wing.name, route.method, path.join("/"));
        if let Some(other) = known.insert(key, function.name) {
            faults.push(format!("{} and {other}: {} {}", function.name, route.method.name(), route.path));
        }
    }
    none(&faults);
}

#[test]
fn every_queue_has_one_consumer_in_the_wing_it_is_named_after() {
    let mut faults = Vec::new();
    let mut served = BTreeSet::new();
    for function in functions() {
        let Trigger::Queue(consumer) = &function.trigger else { continue };
        let queue = consumer.queue.name;
        if !served.insert(queue) {
            faults.push(format!("{queue} has two consumers"));
        }
        if !queue.starts_with(&format!("{}-", function.wing.name)) {
            faults.push(format!("{queue} is consumed by {}", function.name));
        }
    }
    for function in functions() {
        for need in function.all_needs() {
            if let Need::Send(queue) = need
                && !served.contains(queue.name)
            {
                faults.push(format!("{} sends to {}, which nobody consumes", function.name, queue.name));
            }
        }
    }
    none(&faults);
}

#[test]
fn consumers_have_time_to_work_and_report_failures_one_by_one() {
    for function in functions() {
        let Trigger::Queue(consumer) = &function.trigger else { continue };
        let text = read(format!("functions/{}/template.yaml", function.wing.name));
        let queue = resource_where(&text, &format!("-{}\"", consumer.queue.name), "AWS::SQS::Queue");
        assert!(queue.contains(&format!("VisibilityTimeout: {}\n", 6 * function.timeout_s)), "{queue}");
        assert!(queue.contains("deadLetterTargetArn") && queue.contains("maxReceiveCount"), "{queue}");
        let reader = resource_where(&text, &format!("-{}\"", function.name), "AWS::Serverless::Function");
        assert!(reader.contains("FunctionResponseTypes: [ReportBatchItemFailures]"), "{reader}");
    }
}

/// The text of the resource of this type that contains `part`.
fn resource_where(template: &str, part: &str, kind: &str) -> String {
    let found =
        template.split("\n\n").find(|text| text.contains(part) && text.contains(&format!("Type: {kind}\n")));
    found.unwrap_or_else(|| panic!("no {kind} with {part}")).to_owned()
}

#[test]
fn templates_set_exactly_the_variables_that_are_read() {
    for (wing, _) in House::built().wings {
        let text = read(format!("functions/{}/template.yaml", wing.name));
        let (_, after) = text.split_once("      Variables:\n").unwrap();
        let lines = after.lines().take_while(|line| line.starts_with("        "));
        let names: Vec<_> =
            lines.filter_map(|line| line.trim().split_once(':')).map(|(name, _)| name).collect();
        assert_eq!(names, [Config::FROM_TEMPLATE, Config::OPTIONAL].concat(), "{}", wing.name);
    }
}

#[test]
fn the_root_template_has_the_table_of_the_schema() {
    let wanted = table::properties(6);
    assert!(read("template.yaml").contains(&wanted), "template.yaml must contain:\n{wanted}");
}

#[test]
fn the_root_template_has_every_secret() {
    let text = read("template.yaml");
    let needs = functions().into_iter().flat_map(Function::all_needs);
    let names: BTreeSet<_> = needs
        .filter_map(|need| if let Need::Secret(secret) = need { Some(secret.name) } else { None })
        .collect();
    let missing = names.iter().filter(|name| !text.contains(&format!("quintet/${{Stage}}/{name}\"")));
    none(&missing.map(|name| format!("template.yaml has no secret {name}")).collect::<Vec<_>>());
}

#[test]
fn the_root_template_hands_every_wing_its_parameters() {
    let text = read("template.yaml");
    for (wing, _) in House::built().wings {
        let location = format!("Location: functions/{}/template.yaml", wing.name);
        let (_, after) =
            text.split_once(&location).unwrap_or_else(|| panic!("template.yaml lacks {}", wing.name));
        let lines = after.lines().skip(2).take_while(|line| line.starts_with("        "));
        let names: Vec<_> =
            lines.filter_map(|line| line.trim().split_once(':')).map(|(name, _)| name).collect();
        assert_eq!(names, template::parameter_names(), "{}", wing.name);
    }
}

#[test]
fn every_stack_stays_well_below_the_limit_of_cloudformation() {
    for (wing, functions) in House::built().wings {
        let count = template::resources_after_expansion(functions);
        println!("{}: about {count} of 500 resources", wing.name);
        assert!(count < 450, "{}: {count} resources; split the wing", wing.name);
    }
}

#[test]
fn the_binaries_contain_nothing_of_the_tests() {
    for (wing, _) in House::built().wings {
        let tree = Command::new(env!("CARGO"))
            .args(["tree", "--offline", "--package", wing.name, "--edges", "no-dev", "--prefix", "none"])
            .current_dir(root())
            .output()
            .unwrap();
        assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
        let tree = String::from_utf8(tree.stdout).unwrap();
        let packages: BTreeSet<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
        assert!(packages.contains("shared"), "{}", wing.name);
        let forbidden =
            ["stand", "local", "local-aws", "dynoxide-rs", "rusqlite", "insta", "proptest", "tests"];
        let found: Vec<_> = forbidden.iter().filter(|name| packages.contains(**name)).collect();
        assert!(found.is_empty(), "{} links {found:?}", wing.name);
    }
}
