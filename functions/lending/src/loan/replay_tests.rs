//! The behaviour of a running loan, told with ₹12,000 for a year at 12 %: EMI ₹1,066.19 (946.19 + 120.00 in the first
//! month), due on the 1st, penal charge 24 % a year after 3 days.
use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::loan::{
    account::PenalTerms,
    allocation::{AllocationOrder, Sweep},
    day_count::DayCount,
    due_dates::Frequency,
    schedule::{EmiRounding, Terms},
};

const EMI: i64 = 106_619;

fn terms() -> Terms {
    Terms {
        principal: Paise::major(12_000),
        annual_rate_pct: Decimal::from(12),
        tenure: 12,
        frequency: Frequency::MONTHLY,
        day_count: DayCount::Thirty360,
        disbursed_on: date(2024, 1, 1),
        first_due_on: date(2024, 2, 1),
        rounding: EmiRounding::Paisa,
    }
}

fn account(events: Vec<Event>) -> Account {
    Account {
        schedule: terms().schedule().unwrap(),
        penal: PenalTerms { annual_rate_pct: Decimal::from(24), grace_days: 3 },
        order: AllocationOrder::default(),
        events,
    }
}

fn event(reference: &str, on: Date, what: EventKind) -> Event {
    Event { reference: reference.into(), on, what }
}

fn paid(reference: &str, on: Date, paise: i64) -> Event {
    event(reference, on, EventKind::Repayment { amount: Paise::new(paise) })
}

fn split(state: &LoanState, receipt: &str) -> Vec<(u16, Part, i64)> {
    let lines = state.allocations.iter().filter(|line| line.receipt == receipt);
    lines.map(|line| (line.number, line.part, line.amount.minor())).collect()
}

#[test]
fn an_instalment_is_upcoming_due_overdue_partially_paid_and_paid() {
    let first = |events: Vec<Event>, day| account(events).state_on(day).instalments[0].status;
    assert_eq!(first(vec![], date(2024, 1, 31)), InstalmentStatus::Upcoming);
    assert_eq!(first(vec![], date(2024, 2, 1)), InstalmentStatus::Due);
    assert_eq!(first(vec![], date(2024, 2, 2)), InstalmentStatus::Overdue);
    let some = paid("r", date(2024, 2, 2), 500);
    assert_eq!(first(vec![some], date(2024, 2, 3)), InstalmentStatus::PartiallyPaid);
    let all = paid("r", date(2024, 2, 2), EMI);
    assert_eq!(first(vec![all], date(2024, 2, 3)), InstalmentStatus::Paid);
}

#[test]
fn a_loan_is_active_until_a_due_date_has_passed_unpaid() {
    let on_the_day = account(vec![]).state_on(date(2024, 2, 1));
    assert_eq!((on_the_day.status, on_the_day.days_past_due), (LoanStatus::Active, 0));
    assert_eq!((on_the_day.due.total(), on_the_day.overdue.total()), (Paise::new(EMI), Paise::ZERO));
    let later = account(vec![]).state_on(date(2024, 3, 5));
    assert_eq!(
        (later.status, later.days_past_due),
        (LoanStatus::Overdue, 33),
        "since 1 February, 2024 is a leap year"
    );
    assert_eq!(later.due.interest, Paise::new(12_000 + 11_054));
}

#[test]
fn days_past_due_count_from_the_oldest_due_date_with_anything_unpaid() {
    let caught_up_by_one = account(vec![paid("r", date(2024, 3, 5), EMI + 2000)]).state_on(date(2024, 3, 5));
    assert_eq!(caught_up_by_one.instalments[0].unpaid(), Paise::ZERO);
    assert_eq!(caught_up_by_one.days_past_due, 4, "since 1 March");
}

#[test]
fn the_penal_charge_is_on_overdue_principal_only_after_grace_and_never_on_itself() {
    let charges = |day| account(vec![]).state_on(day).instalments[0].charges.due;
    assert_eq!(charges(date(2024, 2, 4)), Paise::ZERO, "the third day of grace");
    assert_eq!(charges(date(2024, 2, 5)), Paise::new(62), "946.19 for one day at 24 % / 365");
    assert_eq!(charges(date(2024, 2, 15)), Paise::new(684), "eleven days");
    assert_eq!(charges(date(2025, 2, 4)), Paise::new(22_771), "366 days, simple");
}

#[test]
fn looking_more_often_does_not_change_the_penal_charge() {
    let mut watched = account(vec![]);
    for day in 2..28 {
        watched.events.push(event(
            &format!("w{day}"),
            date(2024, 2, day),
            EventKind::ChargeWaived { amount: Paise::ZERO },
        ));
    }
    let day = date(2024, 2, 28);
    assert_eq!(watched.state_on(day).instalments, account(vec![]).state_on(day).instalments);
}

#[test]
fn money_pays_the_oldest_instalment_first_and_in_it_charges_interest_principal() {
    let state = account(vec![paid("r", date(2024, 3, 1), 684 + EMI + 20_000)]).state_on(date(2024, 3, 1));
    // 26 days of penal charge on 946.19.
    assert_eq!(
        split(&state, "r"),
        [
            (1, Part::Charges, 1618),
            (1, Part::Interest, 12_000),
            (1, Part::Principal, 94_619),
            (2, Part::Interest, 11_054),
            (2, Part::Principal, 684 + EMI + 20_000 - 1618 - EMI - 11_054),
        ]
    );
}

#[test]
fn another_order_may_pay_all_principal_first_but_never_todays_before_what_is_past_due() {
    let order =
        AllocationOrder::new(Sweep::ByPart, [Part::Principal, Part::Interest, Part::Charges]).unwrap();
    let account = Account { order, ..account(vec![paid("r", date(2024, 4, 1), 300_000)]) };
    let parts: Vec<_> =
        split(&account.state_on(date(2024, 4, 1)), "r").into_iter().map(|(n, part, _)| (n, part)).collect();
    assert_eq!(
        parts,
        [
            (1, Part::Principal),
            (2, Part::Principal),
            (1, Part::Interest),
            (2, Part::Interest),
            (1, Part::Charges),
            (2, Part::Charges),
            (3, Part::Principal),
        ]
    );
}

#[test]
fn money_in_advance_lies_on_account_until_the_instalment_falls_due() {
    let account = account(vec![paid("r", date(2024, 1, 15), EMI + 1000)]);
    let before = account.state_on(date(2024, 1, 31));
    assert_eq!(
        (before.on_account, before.outstanding_principal),
        (Paise::new(EMI + 1000), Paise::major(12_000))
    );
    assert_eq!(before.next_due, Some(NextDue { on: date(2024, 3, 1), amount: Paise::new(EMI - 1000) }));
    let after = account.state_on(date(2024, 2, 1));
    assert_eq!(after.instalments[0].status, InstalmentStatus::Paid);
    assert_eq!(after.on_account, Paise::new(1000));
    assert!(after.allocations.iter().all(|line| line.on == date(2024, 2, 1)));
}

#[test]
fn a_loan_repaid_by_its_schedule_is_closed_and_a_reversal_opens_it_again() {
    let schedule = terms().schedule().unwrap();
    let receipts = schedule
        .instalments
        .iter()
        .map(|line| paid(&format!("r{}", line.number), line.due_on, line.emi.minor()));
    let mut account = account(receipts.collect());
    let closed = account.state_on(date(2025, 1, 1));
    assert_eq!((closed.status, closed.next_due, closed.on_account), (LoanStatus::Closed, None, Paise::ZERO));
    account.events.retain(|event| event.reference != "r7");
    let reopened = account.state_on(date(2025, 1, 1));
    assert_eq!(reopened.status, LoanStatus::Overdue);
    assert_eq!(
        reopened.days_past_due, 31,
        "later receipts moved up: the last due date but one, with its charges, is open"
    );
}

#[test]
fn a_back_dated_receipt_runs_everything_again_in_date_order() {
    let day = date(2024, 3, 10);
    let late = account(vec![paid("r2", day, EMI)]).state_on(day);
    assert!(late.instalments[0].charges.paid.is_positive());
    let corrected = account(vec![paid("r2", day, EMI), paid("r1", date(2024, 2, 1), EMI)]).state_on(day);
    assert!(corrected.instalments[0].charges.due.is_zero(), "it had been paid in time");
    assert_eq!(split(&corrected, "r1"), [(1, Part::Interest, 12_000), (1, Part::Principal, 94_619)]);
    assert_eq!(split(&corrected, "r2")[0].0, 2);
}

#[test]
fn a_waiver_forgives_charges_that_are_due_and_no_more() {
    let waiver = event("w", date(2024, 2, 15), EventKind::ChargeWaived { amount: Paise::major(100) });
    let account = account(vec![waiver]);
    let state = account.state_on(date(2024, 2, 15));
    assert_eq!((state.due.charges, state.instalments[0].waived), (Paise::ZERO, Paise::new(684)));
    assert_eq!(
        account.state_on(date(2024, 2, 16)).due.charges,
        Paise::new(63),
        "the next day bears its own charge"
    );
}

fn moratorium(on: Date, principal: Paise, from: Date, first_due_on: Date, with_arrears: bool) -> Event {
    let terms = Terms { principal, tenure: 10, disbursed_on: from, first_due_on, ..terms() };
    let schedule = terms.schedule().unwrap();
    event("m", on, EventKind::Rescheduled { schedule, with_arrears })
}

#[test]
fn a_new_version_replaces_what_is_not_yet_due_and_keeps_what_was() {
    let on = date(2024, 2, 10);
    let rest = Paise::new(1_200_000 - 94_619);
    let account = account(vec![
        paid("r1", date(2024, 2, 1), EMI),
        moratorium(on, rest, date(2024, 2, 1), date(2024, 6, 1), false),
    ]);
    let state = account.state_on(on);
    assert_eq!(state.instalments.len(), 11);
    assert_eq!((state.instalments[0].version, state.instalments[1].version), (1, 2));
    assert_eq!(state.next_due.map(|next| next.on), Some(date(2024, 6, 1)));
    assert_eq!(state.outstanding_principal, rest);
    assert_eq!(account.state_on(date(2024, 2, 9)).instalments.len(), 12, "the old version stays readable");
}

#[test]
fn after_a_reversal_the_principal_of_a_rescheduled_loan_still_adds_up() {
    let on = date(2024, 2, 10);
    for with_arrears in [false, true] {
        let rest = Paise::new(1_200_000 - 94_619);
        let rescheduled =
            account(vec![moratorium(on, rest, date(2024, 2, 1), date(2024, 6, 1), with_arrears)])
                .state_on(on);
        let principal: Paise = rescheduled.instalments.iter().map(|line| line.principal.due).sum();
        assert_eq!(principal, Paise::major(12_000));
        assert_eq!(rescheduled.due.principal.is_zero(), with_arrears);
        assert_eq!(rescheduled.due.interest, Paise::major(120), "interest that was due stays due");
    }
}

#[test]
fn a_written_off_loan_is_all_due_bears_no_more_charges_and_takes_recoveries() {
    let on = date(2024, 6, 15);
    let mut account = account(vec![event("x", on, EventKind::WrittenOff)]);
    let state = account.state_on(on);
    let given_up = state.written_off.unwrap();
    assert_eq!((state.status, given_up.on), (LoanStatus::WrittenOff, on));
    assert_eq!(given_up.amounts.principal, Paise::major(12_000));
    let later = account.state_on(date(2025, 6, 15));
    assert_eq!(later.due, given_up.amounts, "nothing grows any more");
    account.events.push(paid("recovery", date(2025, 6, 1), 500_000));
    let recovered = account.state_on(date(2025, 6, 15));
    assert_eq!(recovered.status, LoanStatus::WrittenOff);
    assert_eq!(recovered.due.total(), given_up.amounts.total() - Paise::major(5000));
}

#[test]
fn an_account_with_events_of_every_kind_is_stored_and_read_back() {
    let day = date(2024, 2, 10);
    let account = account(vec![
        paid("r", day, 1),
        event("w", day, EventKind::ChargeWaived { amount: Paise::new(2) }),
        moratorium(day, Paise::major(100), date(2024, 2, 1), date(2024, 6, 1), true),
        event("f", day, EventKind::Foreclosure { amount: Paise::new(3), fee: Paise::new(4) }),
        event("c", day, EventKind::CoolingOffReturn { amount: Paise::new(5) }),
        event("x", day, EventKind::WrittenOff),
    ]);
    let stored = serde_json::to_string(&account).unwrap();
    assert_eq!(serde_json::from_str::<Account>(&stored).unwrap(), account);
    let state = account.state_on(day);
    let stored = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<LoanState>(&stored).unwrap(), state);
}

fn any_order() -> impl Strategy<Value = AllocationOrder> {
    let parts = Just(vec![Part::Charges, Part::Interest, Part::Principal]).prop_shuffle();
    let sweep = prop_oneof![Just(Sweep::ByInstalment), Just(Sweep::ByPart)];
    (sweep, parts)
        .prop_map(|(sweep, parts)| AllocationOrder::new(sweep, [parts[0], parts[1], parts[2]]).unwrap())
}

/// Something that happens on one of the days of the first 500 that come up often, so that events meet on one day.
fn any_event() -> impl Strategy<Value = (Date, EventKind)> {
    let day = (0..20_i32).prop_map(|after| Frequency::every_days(25).step(date(2024, 1, 7), after));
    let amount = (1..300_000_i64).prop_map(Paise::new);
    let what = prop_oneof![
        8 => amount.clone().prop_map(|amount| EventKind::Repayment { amount }),
        2 => amount.clone().prop_map(|amount| EventKind::ChargeWaived { amount }),
        1 => (amount.clone(), 0..5000_i64)
            .prop_map(|(amount, fee)| EventKind::Foreclosure { amount: amount + Paise::major(9000), fee: Paise::new(fee) }),
        1 => amount.clone().prop_map(|amount| EventKind::CoolingOffReturn { amount: amount + Paise::major(11_000) }),
        1 => Just(EventKind::WrittenOff),
        1 => (amount, 1..24_u16, any::<bool>(), 0..400_i32).prop_map(|(principal, tenure, with_arrears, after)| {
            let disbursed_on = Frequency::every_days(1).step(date(2024, 1, 1), after);
            let first_due_on = Frequency::MONTHLY.step(disbursed_on, 1);
            let terms = Terms { principal: principal + Paise::major(8000), tenure, disbursed_on, first_due_on, ..terms() };
            EventKind::Rescheduled { schedule: terms.schedule().unwrap(), with_arrears }
        }),
    ];
    (day, what)
}

fn any_account() -> impl Strategy<Value = Account> {
    (any_order(), prop::collection::vec(any_event(), 0..12)).prop_map(|(order, events)| {
        let events = events
            .into_iter()
            .enumerate()
            .map(|(index, (on, what))| event(&format!("e{index:02}"), on, what));
        Account { order, ..account(events.collect()) }
    })
}

proptest! {
    #[test]
    fn no_money_is_lost_or_made_and_nothing_is_paid_twice(account in any_account(), after in 0..700_i32) {
        let day = Frequency::every_days(1).step(date(2024, 1, 1), after);
        let state = account.state_on(day);
        let allocated: Paise = state.allocations.iter().map(|line| line.amount).sum();
        prop_assert_eq!(allocated + state.on_account, state.received);
        let received: Paise = account.events.iter().filter(|e| e.on <= day).map(|e| e.what.received()).sum();
        prop_assert_eq!(state.received, received);
        let paid: Paise = state.instalments.iter().map(|line| line.principal.paid + line.interest.paid + line.charges.paid).sum();
        prop_assert_eq!(paid, allocated);
        for line in &state.instalments {
            for owed in [line.principal, line.interest, line.charges] {
                prop_assert!(!owed.due.is_negative() && !owed.unpaid().is_negative(), "{:?}", line);
            }
        }
        prop_assert!(state.due.total().is_zero() || state.on_account.is_zero(), "money never waits while something is due");
    }

    #[test]
    fn the_principal_of_all_lines_is_always_the_amount_lent(account in any_account(), after in 0..700_i32) {
        let state = account.state_on(Frequency::every_days(1).step(date(2024, 1, 1), after));
        let principal: Paise = state.instalments.iter().map(|line| line.principal.due).sum();
        prop_assert_eq!(principal, Paise::major(12_000));
        let repaid: Paise = state.instalments.iter().map(|line| line.principal.paid).sum();
        prop_assert_eq!(state.outstanding_principal, Paise::major(12_000) - repaid);
    }

    #[test]
    fn the_order_of_recording_does_not_matter(
        (account, shuffled) in any_account().prop_flat_map(|account| {
            let events = Just(account.events.clone()).prop_shuffle();
            (Just(account), events)
        }),
    ) {
        let day = date(2025, 8, 1);
        let recorded = Account { events: shuffled, ..account.clone() };
        prop_assert_eq!(recorded.state_on(day), account.state_on(day));
    }

    #[test]
    fn a_reversed_receipt_is_as_if_it_had_never_come(account in any_account(), paise in 1..300_000_i64, after in 0..500_i32) {
        let day = date(2025, 8, 1);
        let before = account.state_on(day);
        let mut with_receipt = account;
        with_receipt.events.insert(0, paid("bounced", Frequency::every_days(1).step(date(2024, 1, 1), after), paise));
        prop_assert_eq!(with_receipt.state_on(day).received, before.received + Paise::new(paise));
        with_receipt.events.retain(|event| event.reference != "bounced");
        prop_assert_eq!(with_receipt.state_on(day), before);
    }
}
