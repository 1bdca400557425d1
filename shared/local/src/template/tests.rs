use super::*;

const SMALL: &str = "
Parameters:
  PublicUrl: { Type: String, Default: '' }
  Days: { Type: Number, Default: 90 }
  Asked: { Type: String }
Conditions:
  HasPublicUrl: !Not [!Equals [!Ref PublicUrl, '']]
  Both: !And [!Condition HasPublicUrl, !Equals [!Ref Days, 90]]
  Either: !Or [!Condition Both, !Equals [a, a]]
Globals:
  Function:
    Environment:
      Variables:
        PUBLIC_URL: !If [HasPublicUrl, !Ref PublicUrl, !GetAtt Api.ApiEndpoint]
        SHARED: globals
Resources:
  Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: !Ref 'AWS::StackName', ProtocolType: HTTP } }
  Secret: { Type: 'AWS::SecretsManager::Secret' }
  ATable:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
      TimeToLiveSpecification: { AttributeName: ttl, Enabled: true }
      Tags: !If [Both, [{ Key: a, Value: b }], !Ref 'AWS::NoValue']
  AFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/a/
      Environment:
        Variables:
          TABLE: !Ref ATable
          SHARED: its own
          DAYS: !Ref Days
          SECRET_ARN: !Ref Secret
          JOINED: !Join ['-', [!Ref ATable, !Sub '${Days}d', !Sub ['${x}${!y}', { x: !Ref Days }]]]
          VARIABLE: value
  AnIntegration:
    Type: AWS::ApiGatewayV2::Integration
    Properties: { ApiId: !Ref Api, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt AFunction.Arn, PayloadFormatVersion: '2.0' }
  ARoute:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: 'GET /a/{x}', Target: !Sub 'integrations/${AnIntegration}' }
  AnotherRoute:
    Type: AWS::ApiGatewayV2::Route
    Condition: Either
    Properties: { ApiId: !Ref Api, RouteKey: ANY /b, Target: !Sub 'integrations/${AnIntegration}' }
";

fn given() -> Given {
    Given { parameters: BTreeMap::from([("PublicUrl".into(), "http://localhost:3000".into())]) }
}

fn read(source: &str) -> Result<Template, String> {
    Template::read(source, &given()).map_err(|error| error.to_string())
}

#[test]
fn a_route_leads_through_its_integration_to_its_function() {
    let template = read(SMALL).expect("reads");
    let route = |method, path: &str| Route { method, path: path.into(), function: "AFunction".into() };
    let mut routes = template.routes;
    routes.sort_by(|a, b| a.path.cmp(&b.path));
    assert_eq!(routes, [route(Some(http::Method::GET), "/a/{x}"), route(None, "/b")]);
    assert_eq!(template.functions["AFunction"].code_uri, "functions/a/");
}

#[test]
fn variables_are_those_of_globals_and_its_own_evaluated() {
    let template = read(SMALL).expect("reads");
    let variables: Vec<_> =
        template.functions["AFunction"].variables.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let expected = [
        ("DAYS", "90"),
        ("JOINED", "ATable-90d-90${y}"),
        ("PUBLIC_URL", "http://localhost:3000"),
        ("SECRET_ARN", ""),
        ("SHARED", "its own"),
        ("TABLE", "ATable"),
        ("VARIABLE", "value"),
    ];
    assert_eq!(variables, expected);
}

#[test]
fn a_table_is_what_create_table_is_asked_for() {
    let definition = serde_json::json!({
        "TableName": "ATable",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    });
    let table = Table { name: "ATable".into(), definition, ttl: Some("ttl".into()) };
    assert_eq!(read(SMALL).expect("reads").tables, [table]);
}

#[test]
fn a_route_whose_condition_does_not_hold_is_none() {
    let template = read(
        &SMALL
            .replace("Condition: Either", "Condition: Neither")
            .replace("Conditions:\n", "Conditions:\n  Neither: !Not [!Condition HasPublicUrl]\n"),
    );
    assert_eq!(template.expect("reads").routes.len(), 1);
}

#[test]
fn what_can_not_be_understood_is_an_error_that_names_the_resource() {
    for (was, is, error) in [
        ("GET /a/{x}", "$default", "ARoute: $default is no route"),
        ("VARIABLE: value", "VARIABLE: !Ref Asked", "AFunction: the parameter Asked has no default"),
        ("VARIABLE: value", "VARIABLE: !GetAtt ATable.Arn", "AFunction: ATable.Arn has a value in AWS only"),
        ("VARIABLE: value", "VARIABLE: !Ref Api", "AFunction: Api has a value in AWS only"),
        ("VARIABLE: value", "VARIABLE: !Ref Nobody", "AFunction: Nobody is no parameter"),
        ("VARIABLE: value", "VARIABLE: !ImportValue x", "AFunction: the function Fn::ImportValue is not known"),
        ("VARIABLE: value", "VARIABLE: !Sub '${Days'", "AFunction: Fn::Sub is not used as"),
        ("VARIABLE: value", "VARIABLE: [a, b]", r#"AFunction: ["a","b"] is no text"#),
        ("CodeUri:", "Events: {}\n      CodeUri:", "AFunction: the property Events"),
        ("CodeUri: functions/a/", "Timeout: 3", "AFunction: CodeUri is missing"),
        (
            "Secret: {",
            "Global: { Type: 'AWS::DynamoDB::GlobalTable' }\n  Secret: {",
            "Global: the type AWS::DynamoDB::GlobalTable",
        ),
        ("Tags: !If", "KinesisStreamSpecification: !If", "ATable: the property KinesisStreamSpecification"),
        ("IntegrationType: AWS_PROXY", "IntegrationType: HTTP_PROXY", "an integration of type AWS_PROXY is missing"),
        ("GetAtt AFunction.Arn", "GetAtt ATable.Arn", "/a/{x}: it should lead to ATable, which is none"),
        (
            "{AnIntegration}' }\n  AnotherRoute",
            "{Api}', AuthorizerId: x }\n  AnotherRoute",
            "ARoute: the property AuthorizerId",
        ),
        ("ProtocolType: HTTP", "CorsConfiguration: {}", "Api: the property CorsConfiguration"),
        ("Condition: Either", "Condition: Unheard", "AnotherRoute: Unheard is no parameter, condition"),
        ("  PublicUrl: { Type: String, Default: '' }\n", "", "Parameters: PublicUrl is no parameter"),
    ] {
        let source = SMALL.replacen(was, is, 1);
        assert_ne!(source, SMALL, "{was}");
        let found = read(&source).expect_err(is);
        assert!(found.starts_with("template.yaml, ") && found.contains(error), "{is}: {found}");
    }
}

#[test]
fn the_template_of_this_repository_can_be_read() {
    let template = Template::of_project(&given()).expect("reads");
    let mcp = template.routes.iter().find(|route| route.path == "/mcp").expect("a route for /mcp");
    assert_eq!(template.functions[&mcp.function].code_uri, "functions/mcp/");
    assert_eq!(template.functions[&mcp.function].variables["PUBLIC_URL"], "http://localhost:3000");
    assert!(template.tables.iter().any(|table| table.name == "AuthTable" && table.ttl.as_deref() == Some("ttl")));
}
