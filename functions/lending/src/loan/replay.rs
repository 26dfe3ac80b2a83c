//! The engine behind [`Account`]: walks through the events in date order and keeps what is due, paid and left.
use std::collections::VecDeque;

use jiff::civil::Date;
use rust_decimal::Decimal;
use shared::money::Paise;

use super::{
    account::{
        Account, AllocationLine, Dues, Event, EventKind, InstalmentState, InstalmentStatus, LineKind,
        LoanState, NextDue, Owed, WriteOff,
    },
    allocation::Part,
    due_dates::{days_after, days_between},
    schedule::{Instalment, Schedule},
    state::LoanStatus,
};

/// A line while the replay runs.
struct Line {
    version: u16,
    number: u16,
    kind: LineKind,
    due_on: Date,
    is_due: bool,
    principal: Owed,
    interest: Owed,
    charges: Owed,
    waived: Paise,
    /// Charged once, not by the day.
    fee: Paise,
    /// Σ overdue principal × days, in paise-days: exact, so the charge does not depend on how often one looks.
    overdue_paise_days: i64,
    penal_counted_to: Date,
}

impl Line {
    fn new(
        version: u16,
        number: u16,
        kind: LineKind,
        due_on: Date,
        principal: Paise,
        interest: Paise,
    ) -> Self {
        Self {
            version,
            number,
            kind,
            due_on,
            is_due: false,
            principal: Owed { due: principal, paid: Paise::ZERO },
            interest: Owed { due: interest, paid: Paise::ZERO },
            charges: Owed::default(),
            waived: Paise::ZERO,
            fee: Paise::ZERO,
            overdue_paise_days: 0,
            penal_counted_to: due_on,
        }
    }

    fn of_schedule(version: u16, schedule: &Schedule) -> Vec<Self> {
        let line = |line: &Instalment| {
            Self::new(version, line.number, LineKind::Instalment, line.due_on, line.principal, line.interest)
        };
        schedule.instalments.iter().map(line).collect()
    }

    fn part(&mut self, part: Part) -> &mut Owed {
        match part {
            Part::Charges => &mut self.charges,
            Part::Interest => &mut self.interest,
            Part::Principal => &mut self.principal,
        }
    }

    fn unpaid(&self) -> Paise {
        self.principal.unpaid() + self.interest.unpaid() + self.charges.unpaid()
    }

    fn has_payments(&self) -> bool {
        (self.principal.paid + self.interest.paid + self.charges.paid).is_positive()
    }

    fn status(&self, today: Date) -> InstalmentStatus {
        if !self.is_due {
            InstalmentStatus::Upcoming
        } else if self.unpaid().is_zero() {
            InstalmentStatus::Paid
        } else if self.has_payments() {
            InstalmentStatus::PartiallyPaid
        } else if self.due_on < today {
            InstalmentStatus::Overdue
        } else {
            InstalmentStatus::Due
        }
    }

    fn days_past_due(&self, today: Date) -> u32 {
        if self.is_due && self.unpaid().is_positive() {
            u32::try_from(days_between(self.due_on, today)).unwrap_or_default()
        } else {
            0
        }
    }
}

/// What it would take to end the loan on a day, before any fee.
pub(super) struct Payoff {
    /// Due and unpaid.
    pub due: Dues,
    /// Principal not yet due.
    pub future_principal: Paise,
    /// Interest of the running period up to the day.
    pub accrued_interest: Paise,
    /// Money on account.
    pub on_account: Paise,
}

impl Payoff {
    fn owed(&self) -> Paise {
        self.due.total() + self.future_principal + self.accrued_interest
    }
}

/// The loan in the course of being replayed.
pub(super) struct Replay<'a> {
    account: &'a Account,
    today: Date,
    /// The schedule in force and its version.
    schedule: &'a Schedule,
    version: u16,
    lines: Vec<Line>,
    /// Receipts with money left, oldest first.
    on_account: VecDeque<(String, Paise)>,
    received: Paise,
    allocations: Vec<AllocationLine>,
    settled: Option<LoanStatus>,
    written_off: Option<WriteOff>,
}

impl<'a> Replay<'a> {
    /// Runs through `events`, which stand in order, to the end of `day`.
    pub fn until(account: &'a Account, events: &[&'a Event], day: Date) -> Self {
        let mut replay = Self {
            account,
            today: Date::MIN,
            schedule: &account.schedule,
            version: 1,
            lines: Line::of_schedule(1, &account.schedule),
            on_account: VecDeque::new(),
            received: Paise::ZERO,
            allocations: Vec::new(),
            settled: None,
            written_off: None,
        };
        for event in events {
            replay.take(event);
        }
        replay.open(day);
        replay
    }

    fn take(&mut self, event: &'a Event) {
        if let EventKind::Rescheduled { schedule, with_arrears } = &event.what {
            self.open(event.on.yesterday().unwrap_or(event.on));
            self.pass_to(event.on);
            return self.reschedule(schedule, *with_arrears);
        }
        self.open(event.on);
        let receipt = &event.reference;
        self.received += event.what.received();
        match event.what {
            EventKind::Rescheduled { .. } => {}
            EventKind::ChargeWaived { amount } => self.waive(amount),
            EventKind::Repayment { amount } => self.receive(receipt, amount),
            EventKind::Foreclosure { amount, fee } => {
                self.end_early(receipt, amount, fee, LoanStatus::Foreclosed);
            }
            EventKind::CoolingOffReturn { amount } => {
                let charges = self.dues(|_| true).charges;
                let without_charges = self.payoff().owed() - charges;
                if self.money_on_account() + amount >= without_charges {
                    self.waive(charges);
                }
                self.end_early(receipt, amount, Paise::ZERO, LoanStatus::CoolingOffReturned);
            }
            EventKind::WrittenOff => self.write_off(),
        }
    }

    /// Goes to `day`: instalments fall due one after the other, and money on account pays them.
    fn open(&mut self, day: Date) {
        while let Some(due_on) =
            self.lines.iter().filter(|line| !line.is_due && line.due_on <= day).map(|l| l.due_on).min()
        {
            self.pass_to(due_on.max(self.today));
            for line in self.lines.iter_mut().filter(|line| line.due_on == due_on) {
                line.is_due = true;
            }
            self.spend_on_account();
        }
        self.pass_to(day);
    }

    /// Lets time pass: penal charges grow.
    fn pass_to(&mut self, day: Date) {
        self.today = day;
        if self.written_off.is_some() {
            return;
        }
        let penal = self.account.penal;
        for line in self.lines.iter_mut().filter(|line| line.is_due) {
            let from = line.penal_counted_to.max(days_after(line.due_on, penal.grace_days));
            let days = days_between(from, day);
            if days > 0 {
                line.overdue_paise_days += line.principal.unpaid().minor() * days;
                line.penal_counted_to = day;
            }
            let rate = penal.annual_rate_pct / Decimal::from(36_500);
            let penalty = Paise::round_half_even(Decimal::new(line.overdue_paise_days, 2) * rate);
            line.charges.due = penalty + line.fee - line.waived;
        }
    }

    fn receive(&mut self, receipt: &str, amount: Paise) {
        self.on_account.push_back((receipt.to_owned(), amount));
        self.spend_on_account();
    }

    /// Pays what is due from the receipts with money left, the oldest receipt first.
    fn spend_on_account(&mut self) {
        for (receipt, amount) in std::mem::take(&mut self.on_account) {
            let left = self.allocate(&receipt, amount);
            if left.is_positive() {
                self.on_account.push_back((receipt, left));
            }
        }
    }

    /// Pays what is due with `amount`; gives back what is left.
    fn allocate(&mut self, receipt: &str, amount: Paise) -> Paise {
        let mut left = amount;
        for (index, part) in self.payment_queue() {
            let Some(line) = self.lines.get_mut(index) else { continue };
            let owed = line.part(part);
            let paid = left.min(owed.unpaid());
            if !paid.is_positive() {
                continue;
            }
            owed.paid += paid;
            left -= paid;
            self.allocations.push(AllocationLine {
                receipt: receipt.to_owned(),
                on: self.today,
                version: line.version,
                number: line.number,
                part,
                amount: paid,
            });
        }
        left
    }

    /// Past-due lines first, then those due today; within both as the order of the loan says.
    fn payment_queue(&self) -> Vec<(usize, Part)> {
        let order = self.account.order;
        let due = |past: bool| {
            let lines = self.lines.iter().enumerate();
            let wanted = lines.filter(|(_, line)| line.is_due && (line.due_on < self.today) == past);
            wanted.map(|(index, _)| index).collect::<Vec<_>>()
        };
        [order.queue(&due(true)), order.queue(&due(false))].concat()
    }

    fn waive(&mut self, amount: Paise) {
        let mut left = amount;
        for line in self.lines.iter_mut().filter(|line| line.is_due) {
            let waived = left.min(line.charges.unpaid()).max(Paise::ZERO);
            line.waived += waived;
            line.charges.due -= waived;
            left -= waived;
        }
    }

    fn reschedule(&mut self, schedule: &'a Schedule, with_arrears: bool) {
        let mut moved = self.take_out_future_lines();
        if with_arrears {
            for line in &mut self.lines {
                moved += line.principal.unpaid();
                line.principal.due = line.principal.paid;
            }
        }
        self.version += 1;
        self.schedule = schedule;
        self.lines.extend(fit(Line::of_schedule(self.version, schedule), moved));
        self.lines.sort_by_key(|line| line.due_on);
    }

    /// Removes the lines not yet due and gives back their principal.
    fn take_out_future_lines(&mut self) -> Paise {
        let principal = self.lines.iter().filter(|line| !line.is_due).map(|line| line.principal.due).sum();
        self.lines.retain(|line| line.is_due);
        principal
    }

    fn money_on_account(&self) -> Paise {
        self.on_account.iter().map(|(_, amount)| *amount).sum()
    }

    fn dues(&self, wanted: impl Fn(&Line) -> bool) -> Dues {
        let mut dues = Dues::default();
        for line in self.lines.iter().filter(|line| line.is_due && wanted(line)) {
            dues.principal += line.principal.unpaid();
            dues.interest += line.interest.unpaid();
            dues.charges += line.charges.unpaid();
        }
        dues
    }

    /// What it takes to end the loan today.
    pub fn payoff(&self) -> Payoff {
        Payoff {
            due: self.dues(|_| true),
            future_principal: self
                .lines
                .iter()
                .filter(|line| !line.is_due)
                .map(|line| line.principal.due)
                .sum(),
            accrued_interest: self.accrued_interest(),
            on_account: self.money_on_account(),
        }
    }

    /// The interest of the running period, up to today.
    fn accrued_interest(&self) -> Paise {
        let Some(running) = self.lines.iter().find(|line| !line.is_due) else { return Paise::ZERO };
        let line = self.schedule.instalments.iter().find(|line| line.number == running.number);
        line.map_or(Paise::ZERO, |line| self.schedule.accrued(line, self.today))
    }

    /// Ends the loan when the money suffices; otherwise it is a repayment like any other.
    fn end_early(&mut self, receipt: &str, amount: Paise, fee: Paise, status: LoanStatus) {
        let payoff = self.payoff();
        let goes_on = !payoff.owed().is_zero();
        if goes_on && payoff.on_account + amount >= payoff.owed() + fee {
            self.make_all_due(fee);
            self.settled = Some(status);
        }
        self.receive(receipt, amount);
    }

    /// Everything not yet due becomes one line due today, with interest only to today.
    fn make_all_due(&mut self, fee: Paise) {
        let interest = self.accrued_interest();
        let number = self.lines.iter().find(|line| !line.is_due).map_or(0, |line| line.number);
        let principal = self.take_out_future_lines();
        if (principal + interest + fee).is_zero() {
            return;
        }
        let line = Line::new(self.version, number, LineKind::Settlement, self.today, principal, interest);
        let charges = Owed { due: fee, paid: Paise::ZERO };
        self.lines.push(Line { is_due: true, fee, charges, ..line });
        self.spend_on_account();
    }

    fn write_off(&mut self) {
        if self.payoff().owed().is_zero() {
            return;
        }
        self.make_all_due(Paise::ZERO);
        self.written_off = Some(WriteOff { on: self.today, amounts: self.dues(|_| true) });
    }

    /// The state at the end of the day reached.
    pub fn state(self) -> LoanState {
        let today = self.today;
        LoanState {
            as_of: today,
            status: self.status(),
            outstanding_principal: self.lines.iter().map(|line| line.principal.unpaid()).sum(),
            due: self.dues(|_| true),
            overdue: self.dues(|line| line.due_on < today),
            on_account: self.money_on_account(),
            received: self.received,
            days_past_due: self.days_past_due(),
            next_due: self.next_due(),
            instalments: self.lines.iter().map(|line| instalment_state(line, today)).collect(),
            allocations: self.allocations,
            written_off: self.written_off,
        }
    }

    fn days_past_due(&self) -> u32 {
        self.lines.iter().map(|line| line.days_past_due(self.today)).max().unwrap_or_default()
    }

    fn status(&self) -> LoanStatus {
        let nothing_left = self.lines.iter().all(|line| line.is_due && line.unpaid().is_zero());
        if self.written_off.is_some() {
            LoanStatus::WrittenOff
        } else if nothing_left {
            self.settled.unwrap_or(LoanStatus::Closed)
        } else if self.days_past_due() > 0 {
            LoanStatus::Overdue
        } else {
            LoanStatus::Active
        }
    }

    fn next_due(&self) -> Option<NextDue> {
        let mut on_account = self.money_on_account();
        for line in self.lines.iter().filter(|line| line.due_on >= self.today) {
            let covered = on_account.min(line.unpaid());
            on_account -= covered;
            let amount = line.unpaid() - covered;
            if amount.is_positive() {
                return Some(NextDue { on: line.due_on, amount });
            }
        }
        None
    }
}

/// Makes the principal of `lines` equal to `principal`: more goes into the last line, less is taken from the last lines, and
/// a line that loses all of its principal with those after it goes.
fn fit(mut lines: Vec<Line>, principal: Paise) -> Vec<Line> {
    let mut left = principal;
    for line in &mut lines {
        line.principal.due = line.principal.due.min(left);
        left -= line.principal.due;
    }
    if let Some(last) = lines.last_mut() {
        last.principal.due += left;
    }
    let kept = lines.iter().rposition(|line| line.principal.due.is_positive()).map_or(0, |last| last + 1);
    lines.truncate(kept);
    lines
}

fn instalment_state(line: &Line, today: Date) -> InstalmentState {
    InstalmentState {
        version: line.version,
        number: line.number,
        kind: line.kind,
        due_on: line.due_on,
        principal: line.principal,
        interest: line.interest,
        charges: line.charges,
        waived: line.waived,
        status: line.status(today),
        days_past_due: line.days_past_due(today),
    }
}

#[cfg(test)]
#[path = "replay_tests.rs"]
mod tests;
