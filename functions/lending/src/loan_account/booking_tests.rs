//! Whatever happens to a loan, the ledger says what its state asks for: each event by its fixed posting, and any sequence of
//! events, back-dated and reversed ones included, to the paisa.
use std::collections::BTreeMap;

use jiff::{SignedDuration, ToSpan};
use proptest::prelude::*;
use rust_decimal::Decimal;
use shared::{ledger::AccountRef, money::Paise, random::SeededRandom};

use super::*;
use crate::{
    application::{Approval, Asked, LoanApplication},
    loan::{
        account::{Account, EventKind},
        foreclosure,
        product::{Fee, Product},
    },
    loan_account::{Decision, Mode, Payout, Receipt, Reversal, TransactionKind},
    product,
};

const BEGIN: &str = "2026-01-05T04:30:00Z";

/// ₹12,000 for a year at 12 %, EMI 1066.19, of which 120.00 interest at first; fees 240.00 + 43.20; penal charge 24 % after 3
/// days.
struct World {
    loan: Loan,
    account: LoanAccount,
    ledger: BTreeMap<AccountRef, i64>,
    now: Timestamp,
    random: SeededRandom,
}

fn terms() -> Product {
    Product {
        annual_rate_pct: Decimal::from(12),
        foreclosure_fee_pct: Decimal::TWO,
        ..product::built_in().terms
    }
}

impl World {
    /// The world and what the disbursal posted.
    fn new() -> (Self, Vec<(String, i64)>) {
        let random = SeededRandom::new(7);
        let now: Timestamp = BEGIN.parse().unwrap();
        let product = terms();
        let amount = Paise::major(12_000);
        let asked = Asked {
            product: product.code.clone(),
            loan_amount: amount,
            tenure_months: 12,
            purpose: "A new roof".to_owned(),
            annual_rate_pct: product.annual_rate_pct,
            emi: Paise::ZERO,
        };
        let (id, user) = (Id::new(now, &random), Id::new(now, &random));
        let application = LoanApplication::new(id, "PC-202601-000001".to_owned(), user, asked, now);
        let approval = Approval {
            amount,
            annual_rate_pct: product.annual_rate_pct,
            tenure_months: 12,
            fees: product.fees(amount),
            product,
            approved_by: "stf_1".to_owned(),
            approved_at: now,
            checked_by: None,
        };
        let schedule = approval.schedule(day_in(now, &india())).unwrap();
        let payout = Payout { reference: "UTR".to_owned(), account_last4: "6789".to_owned() };
        let id = Id::new(now, &random);
        let mut loan = Loan::new(id, &application, &approval, &schedule, payout, now);
        let mut account = LoanAccount::new(&loan, &schedule);
        let happening = Happening { event: "disbursal", reference: "txn", value_on: loan.disbursed_on, now };
        let booked = open(&mut loan, &mut account, happening).unwrap();
        let mut world = Self { loan, account, ledger: BTreeMap::new(), now, random };
        let posted = world.take(&booked, "disbursal");
        (world, posted)
    }

    fn today(&self) -> Date {
        day_in(self.now, &india())
    }

    fn wait(&mut self, days: i32) {
        self.now = self.now.checked_add(SignedDuration::from_hours(24) * days).unwrap();
    }

    /// Books, and hands back what the transfer of `event` posted, by kind, debits positive.
    fn book(
        &mut self,
        event: &str,
        value_on: Date,
        change: impl FnOnce(&mut LoanAccount),
    ) -> Vec<(String, i64)> {
        let happening = Happening { event, reference: "r", value_on, now: self.now };
        let booked = book(&mut self.loan, &mut self.account, happening, change).unwrap();
        self.take(&booked, event)
    }

    fn take(&mut self, booked: &Booked, event: &str) -> Vec<(String, i64)> {
        for entry in booked.transfers().iter().flat_map(Transfer::entries) {
            *self.ledger.entry(entry.account.clone()).or_default() += entry.amount;
        }
        let posted = booked.transfers().iter().filter(|transfer| transfer.event() == event);
        let entries = posted.flat_map(Transfer::entries);
        entries.map(|entry| (entry.account.kind().name().to_owned(), entry.amount)).collect()
    }

    fn receipt(&mut self, kind: TransactionKind, amount: Paise, on: Date) -> Receipt {
        let quote = foreclosure::quote(&self.account.account, on, self.loan.product.foreclosure_fee());
        let fee = Fee { name: String::new(), amount: quote.fee, gst: quote.fee_gst };
        Receipt {
            id: Id::new(self.now, &self.random),
            reference: "UTR".to_owned(),
            kind,
            mode: [Mode::Cash, Mode::Bank, Mode::Gateway][self.account.receipts.len() % 3],
            amount,
            fee: (kind == TransactionKind::Foreclosure).then_some(fee),
            received_on: on,
            recorded_by: "stf_1".to_owned(),
            at: self.now,
            reversed: None,
        }
    }

    fn receive(&mut self, amount: Paise, on: Date) -> Vec<(String, i64)> {
        let receipt = self.receipt(TransactionKind::Repayment, amount, on);
        self.book("receipt", on, |account| account.receive(receipt))
    }

    fn decide(&mut self, event: &str, what: EventKind) -> Vec<(String, i64)> {
        let decision = Decision {
            reference: format!("dec_{}", self.account.bookings),
            asked_by: "stf_1".to_owned(),
            confirmed_by: "stf_2".to_owned(),
            reason: "why".to_owned(),
            at: self.now,
        };
        let today = self.today();
        self.book(event, today, |account| account.decide(decision, today, what))
    }

    /// What the ledger says is what the state asks for.
    fn check(&self) {
        let state = self.account.account.state_on(self.today());
        let position = Position::of(&self.loan, &self.account, &state);
        assert_eq!(self.account.posted, position);
        let wanted: BTreeMap<AccountRef, i64> = position
            .entries_after(&Position::default(), self.loan.id)
            .into_iter()
            .map(|entry| (entry.account, entry.amount))
            .collect();
        for (account, amount) in &wanted {
            assert_eq!(self.ledger.get(account).copied().unwrap_or_default(), *amount, "{account}");
        }
        assert_eq!(wanted.values().sum::<i64>(), 0);
        let receivable = position.principal + position.interest + position.charges;
        let owed = state.outstanding_principal + state.due.interest + state.due.charges;
        assert_eq!(receivable, if state.written_off.is_some() { Paise::ZERO } else { owed });
        assert_eq!(position.on_account, state.on_account);
        assert_eq!(self.loan.status, state.status);
        assert_eq!(self.loan.summary, Summary::of(&state));
    }
}

fn posted(entries: &[(&str, i64)]) -> Vec<(String, i64)> {
    let mut entries: Vec<_> = entries.iter().map(|(kind, amount)| ((*kind).to_owned(), *amount)).collect();
    entries.sort();
    entries
}

fn sorted(mut entries: Vec<(String, i64)>) -> Vec<(String, i64)> {
    entries.sort();
    entries
}

#[test]
fn every_event_has_its_posting() {
    let (mut world, disbursal) = World::new();
    assert_eq!(
        sorted(disbursal),
        posted(&[
            ("bank", -1_171_680),
            ("fee_income", -24_000),
            ("loans_receivable", 1_200_000),
            ("tax_payable", -4_320)
        ])
    );
    let in_advance = world.receive(Paise::major(100), "2026-01-05".parse().unwrap());
    assert_eq!(sorted(in_advance), posted(&[("cash", 10_000), ("on_account", -10_000)]));

    world.wait(31);
    let today = world.today();
    let fallen_due = world.book(DAY, today, |_| ());
    assert_eq!(
        sorted(fallen_due),
        posted(&[("interest_income", -12_000), ("interest_receivable", 2_000), ("on_account", 10_000)])
    );
    world.wait(4);
    let today = world.today();
    let late = world.book(DAY, today, |_| ());
    assert_eq!(sorted(late), posted(&[("charges_receivable", 62), ("penal_income", -62)]));

    let waived = world.decide("waiver", EventKind::ChargeWaived { amount: Paise::new(12) });
    assert_eq!(sorted(waived), posted(&[("charges_receivable", -12), ("charges_waived", 12)]));

    let paid = world.receive(Paise::major(100), today);
    assert_eq!(
        sorted(paid),
        posted(&[
            ("bank", 10_000),
            ("charges_receivable", -50),
            ("interest_receivable", -2_000),
            ("loans_receivable", -7_950)
        ])
    );
    let last = world.account.receipts.last().unwrap().id;
    let reversal = Reversal { by: "stf_1".to_owned(), reason: "bounced".to_owned(), at: world.now };
    let reversed = world.book("receipt_reversed", today, |account| account.reverse(last, reversal));
    assert_eq!(
        sorted(reversed),
        posted(&[
            ("bank", -10_000),
            ("charges_receivable", 50),
            ("interest_receivable", 2_000),
            ("loans_receivable", 7_950)
        ])
    );
    world.check();

    let given_up = world.decide("write_off", EventKind::WrittenOff);
    let accrued = 1_579;
    assert_eq!(
        sorted(given_up),
        posted(&[
            ("charges_receivable", -50),
            ("interest_income", -accrued),
            ("interest_receivable", -2_000),
            ("loans_receivable", -1_200_000),
            ("write_off", 1_200_000 + 2_000 + 50 + accrued),
        ])
    );
    // On the day itself a receipt would count before the write-off.
    world.wait(1);
    let recovered = world.receive(Paise::major(30), world.today());
    assert_eq!(sorted(recovered), posted(&[("gateway", 3_000), ("recovery", -3_000)]));
    world.check();
}

#[test]
fn a_foreclosure_earns_its_fee_and_owes_its_tax() {
    let (mut world, _) = World::new();
    world.wait(15);
    let today = world.today();
    let quote = foreclosure::quote(&world.account.account, today, world.loan.product.foreclosure_fee());
    let receipt = world.receipt(TransactionKind::Foreclosure, quote.total, today);
    let paid = world.book("receipt", today, |account| account.receive(receipt));
    assert_eq!((quote.fee, quote.fee_gst), (Paise::major(240), Paise::new(4_320)));
    assert_eq!(
        sorted(paid),
        posted(&[
            ("cash", quote.total.minor()),
            ("fee_income", -24_000),
            ("interest_income", -quote.interest_accrued.minor()),
            ("loans_receivable", -1_200_000),
            ("tax_payable", -4_320),
        ])
    );
    world.check();
}

#[test]
fn a_back_dated_receipt_posts_only_what_it_changed() {
    let (mut world, _) = World::new();
    world.wait(45);
    let today = world.today();
    world.receive(Paise::new(106_619), today);
    let moved = world.receive(Paise::new(106_619), "2026-02-05".parse().unwrap());
    let of = |kind: &str| moved.iter().find(|(name, _)| name == kind).map_or(0, |(_, amount)| *amount);
    assert_eq!(of("bank"), 106_619);
    assert!(of("penal_income") > 0, "the charge had never arisen");
    world.check();
}

#[derive(Debug, Clone)]
enum Step {
    Wait(i32),
    Receive { paise: i64, back: i32 },
    Foreclose { back: i32 },
    GiveBack,
    Reverse(usize),
    Waive(i64),
    Reschedule { months: i32, instalments: u16, with_arrears: bool },
    WriteOff,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        5 => (0..50_i32).prop_map(Step::Wait),
        8 => (1..300_000_i64, 0..60_i32).prop_map(|(paise, back)| Step::Receive { paise, back }),
        1 => (0..20_i32).prop_map(|back| Step::Foreclose { back }),
        1 => Just(Step::GiveBack),
        3 => (0..8_usize).prop_map(Step::Reverse),
        2 => (1..5_000_i64).prop_map(Step::Waive),
        1 => (1..5_i32, 1..15_u16, any::<bool>()).prop_map(|(months, instalments, with_arrears)| {
            Step::Reschedule { months, instalments, with_arrears }
        }),
        1 => Just(Step::WriteOff),
    ];
    prop::collection::vec(step, 1..25)
}

fn take(world: &mut World, step: &Step) {
    let today = world.today();
    let day = |back: i32| (today - back.days()).max(world.loan.disbursed_on);
    match *step {
        Step::Wait(days) => {
            world.wait(days);
            let today = world.today();
            world.book(DAY, today, |_| ());
        }
        Step::Receive { paise, back } => {
            let on = day(back);
            world.receive(Paise::new(paise), on);
        }
        Step::Foreclose { back } => {
            let on = day(back);
            let fee = world.loan.product.foreclosure_fee();
            let total = foreclosure::quote(&world.account.account, on, fee).total;
            let receipt = world.receipt(TransactionKind::Foreclosure, total, on);
            world.book("receipt", on, |account| account.receive(receipt));
        }
        Step::GiveBack => {
            let total = foreclosure::cooling_off_quote(&world.account.account, today).total;
            let receipt = world.receipt(TransactionKind::CoolingOffReturn, total, today);
            world.book("receipt", today, |account| account.receive(receipt));
        }
        Step::Reverse(index) => {
            let Some(receipt) =
                world.account.receipts.get(index).filter(|receipt| receipt.reversed.is_none())
            else {
                return;
            };
            let id = receipt.id;
            let reversal = Reversal { by: "stf_1".to_owned(), reason: "bounced".to_owned(), at: world.now };
            world.book("receipt_reversed", today, |account| account.reverse(id, reversal));
        }
        Step::Waive(paise) => {
            world.decide("waiver", EventKind::ChargeWaived { amount: Paise::new(paise) });
        }
        Step::Reschedule { months, instalments, with_arrears } => {
            let Account { schedule, .. } = &world.account.account;
            let state = world.account.account.state_on(today);
            let terms = crate::loan::schedule::Terms {
                principal: state.outstanding_principal,
                tenure: instalments,
                disbursed_on: today,
                first_due_on: today + months.months(),
                ..schedule.terms.clone()
            };
            let Ok(schedule) = terms.schedule() else { return };
            if state.status.is_running() {
                world.decide("rescheduled", EventKind::Rescheduled { schedule, with_arrears });
            }
        }
        Step::WriteOff => {
            if world.loan.status.is_running() {
                world.decide("write_off", EventKind::WrittenOff);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn after_any_sequence_of_events_the_ledger_is_the_state(steps in steps()) {
        let (mut world, _) = World::new();
        world.check();
        for step in &steps {
            take(&mut world, step);
            world.check();
        }
    }
}
