"""Field tables of the standard objects.

Names, key prefixes and read-only flags follow the object reference and two recorded describes (Account,
Opportunity); fields nobody reads for quote-to-cash are left out.
"""

from __future__ import annotations

from tieout.emulators.salesforce.schema import AUDIT

COMMON = "Id id readonly required\nIsDeleted boolean readonly required\n"


def _address(prefix: str) -> str:
    return f"""
{prefix}Street textarea(255)
{prefix}City string(40)
{prefix}State string(80)
{prefix}PostalCode string(20)
{prefix}Country string(80)
{prefix}Latitude double(18,15)
{prefix}Longitude double(18,15)
{prefix}GeocodeAccuracy picklist(40)
{prefix}Address address readonly
"""


ACCOUNT = (
    COMMON
    + _address("Billing")
    + _address("Shipping")
    + """
MasterRecordId reference(Account:MasterRecord) readonly
Name string(255) required
Type picklist(40)
ParentId reference(Account:Parent:ChildAccounts)
RecordTypeId string(18)
AccountNumber string(40)
Phone phone(40)
Fax phone(40)
Website url(255)
Industry picklist(40)
AnnualRevenue currency(18,0)
NumberOfEmployees int
Ownership picklist(40)
TickerSymbol string(20)
Description textarea(32000) nofilter
Rating picklist(40)
Site string(80)
Sic string(20)
SicDesc string(80)
AccountSource picklist(40)
PhotoUrl url(255) readonly
Jigsaw string(20)
JigsawCompanyId string(20) readonly
LastActivityDate date readonly
LastViewedDate datetime readonly
LastReferencedDate datetime readonly
OwnerId reference(User:Owner) defaulted
"""
    + AUDIT
)

CONTACT = (
    COMMON
    + _address("Mailing")
    + """
MasterRecordId reference(Contact:MasterRecord) readonly
AccountId reference(Account:Account:Contacts)
LastName string(80) required
FirstName string(40)
Salutation picklist(40)
Name string(121) readonly
Title string(128)
Department string(80)
Email email(80)
Phone phone(40)
MobilePhone phone(40)
Description textarea(32000) nofilter
OwnerId reference(User:Owner) defaulted
"""
    + AUDIT
)

OPPORTUNITY = (
    COMMON
    + """
AccountId reference(Account:Account:Opportunities)
ContactId reference(Contact::Opportunities) insertonly
ContractId reference(Contract:Contract:Opportunities)
CampaignId string(18)
RecordTypeId string(18)
IsPrivate boolean defaulted
Name string(120) required
Description textarea(32000) nofilter
StageName picklist required
Amount currency
Probability percent(3,0)
ExpectedRevenue currency readonly
TotalOpportunityQuantity double
CloseDate date required
Type picklist
NextStep string(255)
LeadSource picklist
IsClosed boolean readonly required
IsWon boolean readonly required
ForecastCategory picklist(40) readonly required
ForecastCategoryName picklist(255)
HasOpportunityLineItem boolean readonly required
Pricebook2Id reference(Pricebook2:Pricebook2:Opportunities)
SyncedQuoteId reference(Quote:SyncedQuote)
LastActivityDate date readonly
LastStageChangeDate datetime readonly
LastAmountChangedHistoryId reference(OpportunityHistory:LastAmountChangedHistory) readonly
LastCloseDateChangedHistoryId reference(OpportunityHistory:LastCloseDateChangedHistory) readonly
FiscalQuarter int readonly
FiscalYear int readonly
Fiscal string(6) readonly
LastViewedDate datetime readonly
LastReferencedDate datetime readonly
HasOpenActivity boolean readonly required nofilter
HasOverdueTask boolean readonly required nofilter
Territory2Id string(18)
IsExcludedFromTerritory2Filter boolean
OwnerId reference(User:Owner) defaulted
"""
    + AUDIT
)

OPPORTUNITY_LINE_ITEM = (
    COMMON
    + """
OpportunityId reference(Opportunity:Opportunity:OpportunityLineItems) required insertonly
SortOrder int readonly
PricebookEntryId reference(PricebookEntry:PricebookEntry:OpportunityLineItems)
Product2Id reference(Product2:Product2:OpportunityLineItems) insertonly
ProductCode string(255) readonly
Name string(376) readonly
Quantity double required
Subtotal currency readonly
TotalPrice currency
UnitPrice currency
ListPrice currency readonly
Discount percent(3,2)
ServiceDate date
HasRevenueSchedule boolean readonly
HasQuantitySchedule boolean readonly
HasSchedule boolean readonly
Description string(255)
LastViewedDate datetime readonly
LastReferencedDate datetime readonly
"""
    + AUDIT
)

OPPORTUNITY_HISTORY = (
    COMMON
    + """
CreatedById reference(User:CreatedBy) readonly
CreatedDate datetime readonly
OpportunityId reference(Opportunity:Opportunity:OpportunityHistories) readonly
StageName picklist(40) readonly
Amount currency readonly
ExpectedRevenue currency readonly
CloseDate date readonly
Probability percent(3,0) readonly
ForecastCategory picklist(40) readonly
PrevAmount currency readonly
PrevCloseDate date readonly
SystemModstamp datetime readonly
"""
)

OPPORTUNITY_STAGE = (
    """
Id id readonly required
MasterLabel string(255) readonly
ApiName string(255) readonly
IsActive boolean readonly
SortOrder int readonly
IsClosed boolean readonly
IsWon boolean readonly
ForecastCategory picklist(40) readonly
ForecastCategoryName picklist(40) readonly
DefaultProbability percent(3,0) readonly
Description string(255) readonly
"""
    + AUDIT
)

PRODUCT2 = (
    COMMON
    + """
Name string(255) required
ProductCode string(255)
Description textarea(4000) nofilter
IsActive boolean defaulted
Family picklist
ExternalId string(255)
DisplayUrl url(1000)
QuantityUnitOfMeasure picklist
StockKeepingUnit string(180)
RecordTypeId string(18)
LastViewedDate datetime readonly
LastReferencedDate datetime readonly
"""
    + AUDIT
)

PRICEBOOK2 = (
    COMMON
    + """
Name string(255) required
Description string(255)
IsActive boolean defaulted
IsStandard boolean readonly
"""
    + AUDIT
)

PRICEBOOK_ENTRY = (
    COMMON
    + """
Name string(255) readonly
Pricebook2Id reference(Pricebook2:Pricebook2:PricebookEntries) required insertonly
Product2Id reference(Product2:Product2:PricebookEntries) required insertonly
UnitPrice currency required
IsActive boolean defaulted
UseStandardPrice boolean defaulted
ProductCode string(255) readonly
"""
    + AUDIT
)

QUOTE = (
    COMMON
    + _address("Billing")
    + _address("Shipping")
    + """
Name string(255) required
QuoteNumber string(30) readonly
OpportunityId reference(Opportunity:Opportunity:Quotes) required insertonly
AccountId reference(Account:Account) readonly
ContactId reference(Contact:Contact)
ContractId reference(Contract:Contract)
Pricebook2Id reference(Pricebook2:Pricebook2)
Status picklist
IsSyncing boolean readonly
ExpirationDate date
Description textarea(32000) nofilter
Discount percent(3,2) readonly
Subtotal currency readonly
TotalPrice currency readonly
GrandTotal currency readonly
Tax currency
ShippingHandling currency
LineItemCount int readonly
OwnerId reference(User:Owner) defaulted
"""
    + AUDIT
)

QUOTE_LINE_ITEM = (
    COMMON
    + """
QuoteId reference(Quote:Quote:QuoteLineItems) required insertonly
LineNumber string(255) readonly
SortOrder int readonly
PricebookEntryId reference(PricebookEntry:PricebookEntry:QuoteLineItems) insertonly
Product2Id reference(Product2:Product2:QuoteLineItems) insertonly
OpportunityLineItemId reference(OpportunityLineItem:OpportunityLineItem) insertonly
Quantity double required
UnitPrice currency
ListPrice currency readonly
Discount percent(3,2)
Subtotal currency readonly
TotalPrice currency readonly
ServiceDate date
Description string(255)
BillingFrequency picklist(40)
"""
    + AUDIT
)

ORDER = (
    COMMON
    + _address("Billing")
    + _address("Shipping")
    + """
OrderNumber string(30) readonly
AccountId reference(Account:Account:Orders)
OpportunityId reference(Opportunity:Opportunity:Orders)
QuoteId reference(Quote:Quote:Orders)
ContractId reference(Contract:Contract:Orders)
OriginalOrderId reference(Order:OriginalOrder:Orders)
Pricebook2Id reference(Pricebook2:Pricebook2)
BillToContactId reference(Contact:BillToContact)
ShipToContactId reference(Contact:ShipToContact)
CustomerAuthorizedById reference(Contact:CustomerAuthorizedBy)
CompanyAuthorizedById reference(User:CompanyAuthorizedBy)
EffectiveDate date required
EndDate date
IsReductionOrder boolean insertonly
Status picklist(40) required
StatusCode picklist(40) readonly
Description textarea(32000) nofilter
Type picklist(40)
PoNumber string(80)
PoDate date
ActivatedDate datetime readonly
ActivatedById reference(User:ActivatedBy) readonly
TotalAmount currency readonly
LastViewedDate datetime readonly
LastReferencedDate datetime readonly
OwnerId reference(User:Owner) defaulted
"""
    + AUDIT
)

ORDER_ITEM = (
    COMMON
    + """
OrderId reference(Order:Order:OrderItems) required insertonly
OrderItemNumber string(30) readonly
PricebookEntryId reference(PricebookEntry:PricebookEntry:OrderItems) insertonly
Product2Id reference(Product2:Product2:OrderItems) insertonly
QuoteLineItemId reference(QuoteLineItem:QuoteLineItem) insertonly
OriginalOrderItemId reference(OrderItem:OriginalOrderItem:ChildOrderItems) insertonly
Quantity double required
AvailableQuantity double readonly
UnitPrice currency
ListPrice currency readonly
TotalPrice currency readonly
ServiceDate date
EndDate date
Description string(255)
"""
    + AUDIT
)

CONTRACT = (
    COMMON
    + _address("Billing")
    + """
AccountId reference(Account:Account:Contracts) required
Pricebook2Id reference(Pricebook2:Pricebook2)
ContractNumber string(30) readonly
StartDate date
EndDate date readonly
ContractTerm int
Status picklist(40)
StatusCode picklist(40) readonly
ActivatedDate datetime readonly
ActivatedById reference(User:ActivatedBy) readonly
Description textarea(32000) nofilter
OwnerId reference(User:Owner) defaulted
"""
    + AUDIT
)

USER = (
    """
Id id readonly required
Username string(80) readonly
Name string(121) readonly
FirstName string(40) readonly
LastName string(80) readonly
Email email(128) readonly
Alias string(8) readonly
IsActive boolean readonly
UserType picklist(40) readonly
TimeZoneSidKey picklist(40) readonly
LocaleSidKey picklist(40) readonly
LanguageLocaleKey picklist(40) readonly
DefaultCurrencyIsoCode picklist(3) readonly
"""
    + AUDIT
)

ORGANIZATION = (
    """
Id id readonly required
Name string(80) readonly
IsSandbox boolean readonly
InstanceName string(5) readonly
OrganizationType picklist(40) readonly
NamespacePrefix string(15) readonly
DefaultLocaleSidKey picklist(40) readonly
LanguageLocaleKey picklist(40) readonly
TimeZoneSidKey picklist(40) readonly
FiscalYearStartMonth int readonly
"""
    + AUDIT
)

CURRENCY_TYPE = (
    """
Id id readonly required
IsoCode picklist(3) required insertonly
ConversionRate double(18,6) required
DecimalPlaces int required
IsActive boolean
IsCorporate boolean readonly
"""
    + AUDIT
)

DATED_CONVERSION_RATE = (
    """
Id id readonly required
IsoCode picklist(3) required insertonly
StartDate date required
NextStartDate date readonly
ConversionRate double(18,6) required
"""
    + AUDIT
)
