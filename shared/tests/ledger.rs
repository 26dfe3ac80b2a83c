//! The books on the real engine: what a transfer writes, what it refuses, limits under load, and that the proofs prove.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use jiff::{SignedDuration, Timestamp, civil::Date};
use serde_json::Value;
use shared::{
    clock::{day_in, india},
    codes,
    error::Error,
    id::Id,
    ledger::{
        self, AccountRef, Entry, Floor, House, Line, Occasion, Owned, Side, Transfer, TransferId, Unit, post,
    },
    table::{Adjust, Stored, Write},
    wing::{Envelope, Wing},
};
use stand::Stand;

static WING: Wing = Wing {
    name: "test",
    tag: "TEST",
    base_path: "/test",
    title: "A wing for tests",
    envelope: Envelope { success: |_, _| Ok(Vec::new()), error: |_| Value::Null },
    credentials: false,
};

fn bank() -> AccountRef {
    AccountRef::house(&WING, House::Bank, Unit::Inr)
}

fn wallet(owner: &str) -> AccountRef {
    AccountRef::owned(&WING, Owned::Wallet, owner, Unit::Inr)
}

fn occasion(stand: &Stand, event: &'static str) -> Occasion<'static> {
    Occasion { event, reference: "ref_1", at: stand.now(), effective_on: today(stand) }
}

fn today(stand: &Stand) -> Date {
    day_in(stand.now(), &india())
}

fn id(stand: &Stand, seed: &str) -> TransferId {
    Id::derived(stand.now(), seed)
}

/// `amount` comes in for `owner`.
fn deposit(stand: &Stand, seed: &str, owner: &str, amount: i64) -> Transfer {
    let entries = vec![Entry::debit(bank(), amount), Entry::credit(wallet(owner), amount)];
    Transfer::new(id(stand, seed), occasion(stand, "deposit"), entries).unwrap()
}

/// `amount` goes out again, if there is as much.
fn withdrawal(stand: &Stand, seed: &str, owner: &str, amount: i64) -> Write {
    let entries = vec![Entry::credit(bank(), amount), Entry::debit(wallet(owner), amount)];
    let transfer = Transfer::new(id(stand, seed), occasion(stand, "withdrawal"), entries).unwrap();
    let floor = Floor { account: wallet(owner), least: 0, refusal: codes::FORBIDDEN };
    post(Write::new(), &[transfer], &[floor])
}

async fn write(stand: &Stand, write: Write) -> &'static str {
    code(stand.table().write(write).await)
}

fn code(result: Result<(), Error>) -> &'static str {
    result.err().map_or("", |error| error.code().name)
}

async fn balance(stand: &Stand, account: &AccountRef) -> i64 {
    ledger::balance(&stand.table(), account).await.unwrap()
}

async fn entries(stand: &Stand, account: &AccountRef) -> Vec<Stored<Line>> {
    stand.table().list(&ledger::entries(account), 1000).await.unwrap()
}

async fn differences(stand: &Stand, now: Timestamp) -> ledger::Differences {
    ledger::prove_day(&stand.table(), &WING, Unit::Inr, day_in(now, &india()), stand.now()).await.unwrap()
}

#[tokio::test]
async fn a_transfer_moves_every_balance_and_leaves_its_entries() {
    let stand = Stand::new().await;
    for (n, amount) in [300, 500].into_iter().enumerate() {
        let transfer = deposit(&stand, &n.to_string(), "usr_1", amount);
        assert_eq!(write(&stand, transfer.write(Write::new())).await, "");
        stand.advance(SignedDuration::from_secs(1));
    }
    assert_eq!((balance(&stand, &bank()).await, balance(&stand, &wallet("usr_1")).await), (800, 800));
    assert_eq!(balance(&stand, &wallet("usr_2")).await, 0);
    for account in [bank(), wallet("usr_1")] {
        let amounts: Vec<i64> =
            entries(&stand, &account).await.iter().map(|line| line.amount.abs()).collect();
        assert_eq!(amounts, [500, 300], "the newest first, {account}");
    }
    let trial = ledger::trial_balance(&stand.table(), &WING, Unit::Inr).await.unwrap();
    let kinds: Vec<_> = trial.kinds.iter().map(|total| (total.kind.name(), total.balance)).collect();
    assert_eq!(kinds, [("bank", 800), ("wallet", 800)]);
    assert_eq!((trial.total(Side::Debit), trial.difference()), (800, 0));
    let other = ledger::trial_balance(&stand.table(), &WING, Unit::Ngn).await.unwrap();
    assert!(other.kinds.is_empty());
}

#[tokio::test]
async fn the_same_transfer_again_is_told_from_another_with_its_id() {
    let stand = Stand::new().await;
    let first = deposit(&stand, "one", "usr_1", 300);
    assert_eq!(write(&stand, first.write(Write::new())).await, "");
    assert_eq!(write(&stand, first.write(Write::new())).await, "TRANSFER_EXISTS");
    let other = deposit(&stand, "one", "usr_1", 301);
    assert_eq!(write(&stand, other.write(Write::new())).await, "TRANSFER_DIFFERS");
    assert_eq!(balance(&stand, &wallet("usr_1")).await, 300);
    let kept = stand.table().get(Transfer::address(&WING, first.id())).await.unwrap().unwrap();
    assert_eq!(kept.value, first);
}

#[tokio::test]
async fn a_transfer_is_reversed_once_and_both_stay() {
    let stand = Stand::new().await;
    let first = deposit(&stand, "one", "usr_1", 300);
    write(&stand, first.write(Write::new())).await;
    let back = |seed: &str| first.reversal(id(&stand, seed), occasion(&stand, "deposit_reversed"));
    let (two, three) = (back("two").write(Write::new()), back("three").write(Write::new()));
    let table = stand.table();
    let (a, b) = futures::join!(table.write(two), table.write(three));
    let mut codes = [code(a), code(b)];
    codes.sort_unstable();
    assert_eq!(codes, ["", "TRANSFER_REVERSED"]);
    assert_eq!((balance(&stand, &bank()).await, balance(&stand, &wallet("usr_1")).await), (0, 0));
    assert_eq!(entries(&stand, &wallet("usr_1")).await.len(), 2);
    assert!(differences(&stand, stand.now()).await.is_empty());
}

#[tokio::test]
async fn twenty_withdrawals_at_once_take_no_more_than_there_is() {
    let stand = Stand::new().await;
    write(&stand, deposit(&stand, "deposit", "usr_1", 1_050).write(Write::new())).await;
    let table = stand.table();
    let withdrawals =
        (0..20).map(|n| table.write(withdrawal(&stand, &format!("withdrawal {n}"), "usr_1", 100)));
    let results: Vec<_> = futures::future::join_all(withdrawals).await.into_iter().map(code).collect();
    let done = results.iter().filter(|result| result.is_empty()).count();
    assert!(results.iter().all(|result| ["", "FORBIDDEN", "UNAVAILABLE"].contains(result)), "{results:?}");
    assert!((1..=10).contains(&done), "{results:?}");
    let left = balance(&stand, &wallet("usr_1")).await;
    assert_eq!(left, 1_050 - 100 * i64::try_from(done).unwrap());
    assert!(differences(&stand, stand.now()).await.is_empty());
    // Whoever met too many others comes again.
    let mut n = 20;
    while balance(&stand, &wallet("usr_1")).await >= 100 {
        assert_eq!(write(&stand, withdrawal(&stand, &format!("withdrawal {n}"), "usr_1", 100)).await, "");
        n += 1;
    }
    assert_eq!(write(&stand, withdrawal(&stand, "one more", "usr_1", 100)).await, "FORBIDDEN");
    assert_eq!(write(&stand, withdrawal(&stand, "of nobody", "usr_9", 1)).await, "FORBIDDEN");
    assert_eq!(balance(&stand, &wallet("usr_1")).await, 50);
}

#[tokio::test]
async fn several_transfers_in_one_write_move_an_account_once() {
    let stand = Stand::new().await;
    let transfers = [deposit(&stand, "a", "usr_1", 300), deposit(&stand, "b", "usr_1", 500)];
    assert_eq!(write(&stand, post(Write::new(), &transfers, &[])).await, "");
    assert_eq!(balance(&stand, &wallet("usr_1")).await, 800);
    assert_eq!(entries(&stand, &wallet("usr_1")).await.len(), 2);
    assert!(differences(&stand, stand.now()).await.is_empty());
}

#[tokio::test]
async fn a_balance_that_somebody_moved_by_hand_is_found_out() {
    let stand = Stand::new().await;
    for n in 0..30 {
        let owner = format!("usr_{}", n % 7);
        write(&stand, deposit(&stand, &n.to_string(), &owner, 100 + n).write(Write::new())).await;
    }
    assert!(differences(&stand, stand.now()).await.is_empty());
    let by_hand = shared::table::Address::<ledger::Balance>::new("TEST#LEDGER#wallet.INR.usr_3", "BALANCE");
    write(&stand, Write::new().adjust(&Adjust::of(&by_hand).add("balance", 7))).await;
    let wrong = differences(&stand, stand.now()).await;
    assert_eq!(wrong.accounts.len(), 1, "{wrong:?}");
    let proof = &wrong.accounts[0];
    assert_eq!((proof.recorded - proof.recomputed, proof.entries_recorded), (7, proof.entries_found));

    let total = shared::table::Address::<ledger::Balance>::new("TEST#LEDGER#sales.INR#0", "BALANCE");
    let adjust =
        Adjust::of(&total).stating("place", "TEST#LEDGER#sales.INR#0").add("balance", 5).add("entries", 1);
    write(&stand, Write::new().adjust(&adjust)).await;
    assert_eq!(differences(&stand, stand.now()).await.trial_balance, -5);
}

#[tokio::test]
async fn a_proof_goes_on_where_the_last_one_ended() {
    let stand = Stand::new().await;
    let account = wallet("usr_1");
    for day in 0..3 {
        for n in 0..4 {
            let transfer = deposit(&stand, &format!("{day} {n}"), "usr_1", 100);
            write(&stand, transfer.write(Write::new())).await;
        }
        for _ in 0..2 {
            stand.advance(SignedDuration::from_hours(12));
            let proofs = ledger::prove(&stand.table(), &account, stand.now()).await.unwrap();
            assert!(proofs.iter().all(ledger::Proof::holds), "{proofs:?}");
            assert_eq!(proofs[0].entries_found, 4 * (day + 1));
        }
    }
    assert!(stand.everything_stored().await.contains("ledger_checkpoint"));
    let proofs = ledger::prove(&stand.table(), &bank(), stand.now()).await.unwrap();
    assert_eq!(proofs.len(), 8, "an account of the house lies in eight places");
    assert!(proofs.iter().all(ledger::Proof::holds));
    assert_eq!(proofs.iter().map(|proof| proof.recomputed).sum::<i64>(), 1200);
}
