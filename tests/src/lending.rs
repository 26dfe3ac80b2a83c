//! The steps of lending, as people take them.
use serde_json::{Value, json};
use shared::money::Rupees;

use crate::{Answer, House, Person, person::Who, staff::text};

/// A borrower's application on its way.
pub struct Case<'a> {
    /// Whose it is.
    pub borrower: Person<'a>,
    /// `app_…`.
    pub application: String,
}

impl House {
    /// Signs a borrower in with the code from the SMS.
    pub async fn borrower(&self, mobile: &str) -> Person<'_> {
        let person = Person::new(self, Who::Borrower { mobile: mobile.to_owned() });
        person.sign_in_by_phone(mobile).await;
        person
    }

    /// Signs a borrower in and completes their profile.
    pub async fn complete_borrower(&self, mobile: &str) -> Person<'_> {
        let person = self.borrower(mobile).await;
        let basic = json!({
            "full_name": "Asha Verma", "date_of_birth": "1994-07-21", "gender": "female",
            "pan": format!("ABCDE{}F", &mobile[6..]), "email": format!("asha{mobile}@example.in"),
        });
        person.put("/lending/api/user/profile/basic", basic).await.ok();
        let additional = json!({
            "address_line1": "14 Lake Road", "city": "Pune", "state": "Maharashtra", "pincode": "411001",
            "marital_status": "married", "occupation": "salaried",
        });
        person.put("/lending/api/user/profile/additional", additional).await.ok();
        person
    }

    /// A borrower who told everything and applied for ₹`amount` over `months`.
    pub async fn applied(&self, mobile: &str, amount: u32, months: u16) -> Case<'_> {
        let borrower = self.complete_borrower(mobile).await;
        borrower.post("/lending/api/employment-details", employment(150_000)).await.ok();
        borrower.post("/lending/api/financial-details", finances(150_000)).await.ok();
        let application = borrower.apply(amount, months).await;
        Case { borrower, application }
    }

    /// As [`House::applied`], approved as it was asked for.
    pub async fn offered(&self, officer: &Person<'_>, mobile: &str, amount: u32, months: u16) -> Case<'_> {
        let case = self.applied(mobile, amount, months).await;
        officer.review(&case.application).await.ok();
        officer.approve(&case.application, amount, months).await.ok();
        case
    }

    /// As [`House::offered`], signed, with an account for the payout.
    pub async fn accepted(&self, officer: &Person<'_>, mobile: &str, amount: u32, months: u16) -> Case<'_> {
        let case = self.offered(officer, mobile, amount, months).await;
        let account = case.borrower.add_account(&case.application).await;
        case.borrower.choose_account(&case.application, &account).await.ok();
        case.borrower.accept(&case.application).await.ok();
        case
    }

    /// A loan of ₹`amount` over `months`, paid out now: its borrower and its id.
    pub async fn paid_out(
        &self,
        (officer, finance): (&Person<'_>, &Person<'_>),
        mobile: &str,
        (amount, months): (u32, u16),
    ) -> (Case<'_>, String) {
        let case = self.accepted(officer, mobile, amount, months).await;
        let paid_out = finance.disburse(&case.application, &format!("UTR{mobile}")).await.data();
        (case, text(&paid_out["loan"]["id"]))
    }
}

/// Valid employment details with this income.
pub fn employment(income: u32) -> Value {
    json!({
        "monthly_income": income, "employment_type": "full_time", "company_name": "Lake Mills",
        "designation": "Weaver", "salary_date": 1,
    })
}

/// Valid financial details with this income.
pub fn finances(income: u32) -> Value {
    json!({ "monthly_income": income, "monthly_expenses": 20_000, "existing_emis": 5_000 })
}

impl Person<'_> {
    /// Asks for ₹`amount` over `months`.
    pub async fn ask_for(&self, amount: u32, months: u16) -> Answer {
        let asked = json!({ "loan_amount": amount, "tenure_months": months, "loan_purpose": "A new roof" });
        self.post("/lending/api/loan-applications/apply", asked).await
    }

    /// Applies for ₹`amount` over `months`: the id of the application.
    pub async fn apply(&self, amount: u32, months: u16) -> String {
        text(&self.ask_for(amount, months).await.data()["application"]["id"])
    }

    /// Gives the usual account for `application`: its id.
    pub async fn add_account(&self, application: &str) -> String {
        let account = json!({
            "application_id": application, "account_number": "50100123456789", "ifsc_code": "HDFC0001234",
            "account_holder_name": "ASHA VERMA",
        });
        text(&self.post("/lending/api/bank-details", account).await.data()["bank_details"]["id"])
    }

    /// Chooses the account for the payout.
    pub async fn choose_account(&self, application: &str, account: &str) -> Answer {
        let choice = json!({ "application_id": application, "bank_details_id": account });
        self.post("/lending/api/bank-details/choose", choice).await
    }

    /// Names two people.
    pub async fn give_references(&self, application: &str) -> Answer {
        let references = json!({ "application_id": application, "references": [
            { "name": "Ravi Verma", "phone": "9812345678", "relation": "spouse" },
            { "name": "Meera Iyer", "phone": "9812345679", "relation": "friend" },
        ] });
        self.post("/lending/api/loan-references", references).await
    }

    /// What accepts the offer of `application`: the hash of the statement as it is shown, and a fresh code.
    pub async fn signature(&self, application: &str) -> Value {
        let kfs = self.get(&format!("/lending/api/loan-applications/{application}/kfs")).await.data();
        let send = format!("/lending/api/loan-applications/{application}/accept/send-otp");
        self.post(&send, json!({})).await.ok();
        let otp = self.house.code_sent_to(&format!("+91{}", self.name()));
        json!({ "kfs_hash": kfs["kfs_hash"], "consent": true, "otp": otp })
    }

    /// Accepts the offer of `application`.
    pub async fn accept(&self, application: &str) -> Answer {
        let signature = self.signature(application).await;
        self.post(&format!("/lending/api/loan-applications/{application}/accept"), signature).await
    }

    /// As an officer: takes `application` into review.
    pub async fn review(&self, application: &str) -> Answer {
        self.post(&format!("/lending/api/admin/loan-applications/{application}/review"), json!({})).await
    }

    /// As an officer: grants ₹`amount` over `months` at the rate of the product.
    pub async fn approve(&self, application: &str, amount: u32, months: u16) -> Answer {
        let terms = json!({ "approved_amount": amount, "interest_rate": 18, "tenure_months": months });
        self.post(&format!("/lending/api/admin/loan-applications/{application}/approve"), terms).await
    }

    /// As an officer: refuses `application`.
    pub async fn reject(&self, application: &str, reason: &str) -> Answer {
        let why = json!({ "reason_code": reason, "note": "Seen by the tests" });
        self.post(&format!("/lending/api/admin/loan-applications/{application}/reject"), why).await
    }

    /// As finance: records the payout of `application`.
    pub async fn disburse(&self, application: &str, reference: &str) -> Answer {
        let payout = json!({ "bank_reference": reference });
        self.post(&format!("/lending/api/admin/loan-applications/{application}/disburse"), payout).await
    }

    /// As finance: records ₹`amount` that came in on `on` by bank transfer.
    pub async fn receive(&self, loan: &str, amount: &Value, on: &str, reference: &str) -> Answer {
        let receipt = json!({ "amount": amount, "received_on": on, "mode": "bank", "reference": reference });
        self.post(&format!("/lending/api/admin/loans/{loan}/repayments"), receipt).await
    }

    /// As finance: takes a receipt back.
    pub async fn reverse(&self, transaction: &str) -> Answer {
        let why = json!({ "reason": "The cheque bounced" });
        self.post(&format!("/lending/api/admin/repayments/{transaction}/reverse"), why).await
    }

    /// As the borrower: something of the loan.
    pub async fn of_loan(&self, loan: &str, what: &str) -> Value {
        self.get(&format!("/lending/api/loans/{loan}{what}")).await.data()
    }

    /// As the borrower: the kinds of the notifications in the app, oldest first.
    pub async fn notified(&self) -> Vec<String> {
        let list = self.get("/lending/api/notifications?limit=100").await.data();
        let list = list["notifications"].as_array().cloned().unwrap_or_default();
        list.iter().rev().map(|notice| text(&notice["kind"])).collect()
    }
}

/// An amount in rupees as paise, exactly.
pub fn paise(amount: &Value) -> i64 {
    let rupees = Rupees::parse(&amount.to_string()).unwrap_or_else(|| panic!("{amount} is no amount"));
    rupees.0.minor()
}

/// The sum of `field` over the objects of a list, in paise.
pub fn sum(list: &Value, field: &str) -> i64 {
    list.as_array().expect("a list").iter().map(|line| paise(&line[field])).sum()
}
