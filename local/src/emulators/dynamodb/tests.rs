//! Tests of the DynamoDB features on which the product relies, through the product's own client.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, CancellationReason, Delete, KeySchemaElement, KeyType, Put,
    ScalarAttributeType, TransactWriteItem, Update,
};

use crate::emulators::testing::Stack;

type Test = anyhow::Result<()>;

async fn stack() -> anyhow::Result<Stack> {
    let stack = Stack::start().await?;
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    let text = |name: &str| {
        let definition = AttributeDefinition::builder().attribute_name(name);
        definition.attribute_type(ScalarAttributeType::S).build()
    };
    stack
        .dynamodb
        .create_table()
        .table_name("things")
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(text("pk")?)
        .attribute_definitions(text("sk")?)
        .key_schema(key("pk", KeyType::Hash)?)
        .key_schema(key("sk", KeyType::Range)?)
        .send()
        .await?;
    Ok(stack)
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

#[tokio::test]
async fn a_write_on_a_condition_that_does_not_hold_changes_nothing() -> Test {
    let stack = stack().await?;
    let put = |version: u64| {
        let put = stack.dynamodb.put_item().table_name("things").item("pk", text("a")).item("sk", text("b"));
        put.item("version", number(version)).condition_expression("attribute_not_exists(pk)").send()
    };
    put(1).await?;
    let again = put(2).await;
    assert!(again.is_err_and(|error| { error.into_service_error().is_conditional_check_failed_exception() }));
    let got = stack.dynamodb.get_item().table_name("things").key("pk", text("a")).key("sk", text("b"));
    let got = got.consistent_read(true).send().await?;
    assert_eq!(got.item().and_then(|item| item.get("version")), Some(&number(1)));
    Ok(())
}

#[tokio::test]
async fn a_transaction_happens_as_a_whole_or_says_which_condition_failed() -> Test {
    let stack = stack().await?;
    let put = |sk: &str| {
        let put = Put::builder().table_name("things").item("pk", text("a")).item("sk", text(sk));
        put.condition_expression("attribute_not_exists(pk)").build()
    };
    let count = |expected: u64| {
        Update::builder()
            .table_name("things")
            .key("pk", text("a"))
            .key("sk", text("counter"))
            .update_expression("SET n = :next")
            .condition_expression("attribute_not_exists(n) OR n = :now")
            .expression_attribute_values(":now", number(expected))
            .expression_attribute_values(":next", number(expected + 1))
            .build()
    };
    let transact = |sk: &str, expected: u64| {
        let items = put(sk).and_then(|put| {
            let update = TransactWriteItem::builder().update(count(expected)?).build();
            Ok(vec![update, TransactWriteItem::builder().put(put).build()])
        });
        let transaction = stack.dynamodb.transact_write_items();
        async move { anyhow::Ok(transaction.set_transact_items(Some(items?)).send().await) }
    };
    transact("import 1", 0).await??;
    let refused = transact("import 1", 1).await?;
    let error = refused.err().map(|error| error.into_service_error());
    let reasons = match &error {
        Some(error) if error.is_transaction_canceled_exception() => match error {
            aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(
                cancelled,
            ) => cancelled.cancellation_reasons(),
            _ => &[],
        },
        _ => &[],
    };
    let codes: Vec<_> = reasons.iter().map(CancellationReason::code).collect();
    assert_eq!(codes, [Some("None"), Some("ConditionalCheckFailed")]);
    let counter = stack.dynamodb.get_item().table_name("things").key("pk", text("a")).key("sk", text("counter"));
    let counter = counter.send().await?;
    assert_eq!(counter.item().and_then(|item| item.get("n")), Some(&number(1)));

    let delete = Delete::builder().table_name("things").key("pk", text("a")).key("sk", text("import 1")).build()?;
    let transaction = stack.dynamodb.transact_write_items();
    transaction.transact_items(TransactWriteItem::builder().delete(delete).build()).send().await?;
    let left = stack.dynamodb.scan().table_name("things").send().await?;
    assert_eq!(left.count(), 1);
    Ok(())
}
