"""The header of a CSV export: what its columns are called, in the languages banks use."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tieout.domain.money import is_currency

#: role → names, without accents, in small letters. Of two roles that fit, the longer name wins.
ROLES: Mapping[str, tuple[str, ...]] = {
    "ignored": (
        "original amount", "originalamount", "original currency", "originalcurrency", "exchange rate", "exchangerate",
        "kurs", "wechselkurs", "taux", "tipo de cambio", "tasso", "fee", "fees", "started date", "creation date",
        "date created", "originalbetrag", "originalwahrung", "ursprungsbetrag", "foreign amount", "foreign currency",
        "amount currency", "balance date", "account name", "account type", "kontobezeichnung",
    ),
    "value_date": (
        "value date", "valuedate", "valuta date", "valutadate", "valutadatum", "valuta datum", "wertstellung",
        "wertstellungstag", "wertstellungsdatum", "wert", "date valeur", "date de valeur", "valeur", "fecha valor",
        "f valor", "data valuta", "rentedatum", "data valor", "data efetiva", "data de valor", "valutadag",
    ),
    "date": (
        "date", "posting date", "postingdate", "post date", "posted date", "date posted", "booking date",
        "bookingdate", "booked", "booked on", "transaction date", "transactiondate", "trans date", "txn date",
        "process date", "processed date", "effective date", "completed date", "as of date", "entry date",
        "buchungstag", "buchungsdatum", "buchung", "datum", "belegdatum", "kaufdatum", "date operation",
        "date d operation", "date de l operation", "date comptable", "date comptabilisation",
        "date de comptabilisation", "date transaction", "date ecriture", "fecha", "fecha operacion",
        "fecha de operacion", "fecha contable", "f operacion", "f contable", "data", "data contabile",
        "data operazione", "data registrazione", "data movimento", "data movimentacao", "data mov",
        "data lancamento", "data do movimento", "data operacao", "data da operacao", "boekdatum",
        "boekingsdatum", "transactiedatum", "uitvoeringsdatum", "bokforingsdag", "bokforingsdatum",
        "transaktionsdag", "dato", "bogforingsdato", "kirjauspaiva", "paivamaara", "data ksiegowania",
        "data operacji", "data transakcji", "datum zauctovani", "datum provedeni", "datum transakce",
        "konyveles datuma", "created", "timestamp",
    ),
    "balance": (
        "balance", "running balance", "running bal", "bal",
        "ledger balance", "available balance", "closing balance", "account balance",
        "saldo", "saldo nach buchung", "kontostand", "solde", "saldo contabile", "saldo disponible", "saldo na",
        "saldo po operacji", "zustatek", "saldo apos", "saldo contabilistico",
    ),
    "debit": (
        "debit", "debits", "debit amount", "amount debit", "withdrawal", "withdrawals", "money out", "paid out",
        "payments", "soll", "belastung", "belastung in chf", "ausgang", "ausgaben", "lastschrift", "montant debit",
        "debit eur", "sortie", "sorties", "debito", "debitos", "cargo", "cargos", "debe", "adeudo", "gastos",
        "addebito", "addebiti", "dare", "uscite", "importo addebito", "afschrijving", "uitgaven", "debet", "saidas",
        "obciazenia", "amount out", "outflow", "debit dr", "dr",
    ),
    "credit": (
        "credit", "credits", "credit amount", "amount credit", "deposit", "deposits", "money in", "paid in",
        "receipts", "haben", "gutschrift", "gutschrift in chf", "eingang", "einnahmen", "montant credit",
        "entree", "entrees", "credito", "creditos", "abono", "abonos", "haber", "ingreso", "ingresos", "accredito",
        "accrediti", "avere", "entrate", "importo accredito", "bijschrijving", "inkomsten", "kredit", "entradas",
        "uznania", "amount in", "inflow", "credit cr", "cr",
    ),
    "marker": (
        "debit credit", "credit debit", "debit credit indicator", "credit debit indicator", "dr cr", "cr dr", "d c",
        "c d", "dc", "s h", "soll haben", "sollhaben", "soll haben kennzeichen", "af bij", "bij af", "sens",
        "cargo abono", "dare avere", "sign", "vorzeichen", "direction", "credit or debit", "umsatzart",
    ),
    "amount": (
        "amount", "transaction amount", "net amount", "betrag", "umsatz", "umsatzbetrag", "buchungsbetrag", "summe",
        "montant", "montant operation", "importe", "importo", "importo operazione", "bedrag", "transactiebedrag",
        "valor", "montante", "quantia", "belopp", "belob", "kwota", "kwota operacji", "castka", "objem", "suma",
        "maara", "osszeg", "amt", "value",
    ),
    "currency": (
        "currency", "currency code", "ccy", "curr", "wahrung", "waehrung", "kontowahrung", "devise", "moneda",
        "divisa", "moeda", "munt", "muntsoort", "valutakod", "waluta", "mena", "valuuta", "penznem",
    ),
    "valuta": ("valuta",),
    "text": (
        "description", "label", "original description",
        "details", "detail", "transaction details", "transaction description",
        "narrative", "narration", "memo", "particulars", "notes", "comment", "comments", "remarks", "statement text",
        "remittance information", "payment details", "payment reference", "additional info",
        "additional information",
        "verwendungszweck", "buchungstext", "beschreibung", "buchungsdetails", "zahlungszweck",
        "mitteilung", "mitteilungen", "vorgang", "avisierungstext", "libelle", "libelle operation", "motif",
        "communication", "communications", "concepto", "descripcion", "movimiento", "observaciones", "mas datos",
        "detalle", "descrizione", "descrizione operazione", "causale", "dettagli", "omschrijving", "mededeling",
        "mededelingen", "naam omschrijving", "descricao", "historico", "text", "meddelande", "tekst", "selite",
        "viesti", "tytul", "opis operacji", "opis", "popis", "zprava pro prijemce", "poznamka", "kozlemeny",
    ),
    "name": (
        "payee", "name", "counterparty", "counterparty name", "counter party", "payer", "payer name", "sender",
        "merchant", "merchantname", "merchant name", "partner name", "auftraggeber", "auftraggeber empfanger",
        "beguenstigter zahlungspflichtiger", "begunstigter zahlungspflichtiger", "empfanger", "begunstigter",
        "zahlungspflichtiger", "zahlungspflichtige r", "zahlungsempfanger", "zahlungsempfanger in",
        "name zahlungsbeteiligter", "zahlungsbeteiligter", "nom", "beneficiaire", "tiers", "contrepartie",
        "nom de la contrepartie", "beneficiario", "ordenante", "remitente", "nombre", "controparte", "ordinante",
        "contraparte", "naam tegenpartij", "tegenpartij", "naam", "nadawca odbiorca", "kontrahent", "saaja maksaja",
        "nazev protiuctu", "paid to from",
    ),
    "own_account": (
        "account", "account number", "account no", "account id", "account iban", "konto", "auftragskonto", "compte",
        "numero de compte", "cuenta", "conto", "rekening", "rekeningnummer", "conta", "numero de cuenta", "rachunek",
        "own account", "iban auftragskonto",
    ),
    "iban": ("iban", "kontonummer", "kontonummer iban", "konto iban", "iban bban"),
    "other_account": (
        "counterparty account", "counterparty iban", "bank account", "partner account",
        "tegenrekening", "tegenrekening iban bban", "gegenkonto",
        "iban zahlungsbeteiligter", "kontonummer iban gegenkonto", "compte contrepartie", "compte beneficiaire",
        "cuenta contraparte", "conto controparte", "numer rachunku", "protiucet", "payer account",
    ),
    "reference": (
        "reference", "ref", "ref no", "reference number", "bank reference", "customer reference", "referenz",
        "referencia", "referencia 1", "riferimento", "referentie", "kenmerk", "betalingskenmerk", "kundenreferenz",
        "kundenreferenz end to end", "end to end reference", "end to end id", "referens", "viite", "viitenumero",
        "numero de reference", "variabilni symbol", "trace number", "confirmation number",
    ),
    "id": (
        "id", "transaction id", "transactionid", "fitid", "unique id", "transaction number", "entry id",
        "arkivointitunnus",
    ),
    "check": (
        "check number", "check no", "check", "check or slip", "cheque number", "cheque no", "cheque", "slip",
        "numero de cheque", "n cheque", "serial number", "check serial number",
    ),
    "card": (
        "card id", "cardid", "card number", "card no", "card", "kartennummer", "numero de carte", "numero tarjeta",
    ),
    "status": ("status", "state", "statetype", "transaction status", "estado", "statut", "stato"),
}  # fmt: skip
_CURRENCY = re.compile(r"\b([A-Z]{3})\b")
_SIGNS = {"€": "EUR", "£": "GBP", "$": "USD"}
#: what was ordered in another currency is not what was booked
_FOREIGN = re.compile(
    r"\b(foreign|original|fremdwahrung|originalwahrung|etrangere|extranjera)\b(?! description)"
)
_NAMES = {phrase: role for role, phrases in ROLES.items() for phrase in phrases}
#: a header says more than this only by mistake
_LONGEST = 60


def normal(text: str) -> str:
    """A header in small letters, without accents and punctuation: `Date opération` → `date operation`."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode("ascii")
    return " ".join(re.sub(r"[^a-z0-9]+", " ", plain.casefold()).split())


def role_of(header: str) -> tuple[str, str]:
    """The role of a column, and the currency its header names: `Amount (USD)` → `("amount", "USD")`."""
    if len(header) > _LONGEST:
        return "", ""
    found = next((code for code in _CURRENCY.findall(header) if is_currency(code)), "")
    found = found or next((code for mark, code in _SIGNS.items() if mark in header), "")
    name = normal(header).rstrip("0123456789 ")
    if _FOREIGN.search(name):
        return "", ""
    if name in _NAMES:
        return _NAMES[name], found
    without = normal(re.sub(r"\([^)]*\)", " ", header))
    if found:
        without = " ".join(word for word in without.split() if word not in {found.casefold(), "in"})
    if without in _NAMES:
        return _NAMES[without], found
    best = ""
    for phrase in _NAMES:
        if len(phrase) > max(3, len(best)) and re.search(rf"\b{re.escape(phrase)}\b", without):
            best = phrase
    return _NAMES.get(best, ""), found


@dataclass(slots=True)
class Header:
    """The columns of an export by role; `texts` and `references` may be several."""

    row: int
    width: int
    columns: dict[str, int] = field(default_factory=dict)
    texts: list[int] = field(default_factory=list)
    references: list[int] = field(default_factory=list)
    currency: str = ""
    names: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether it has a date and an amount, or debit and credit."""
        return ("date" in self.columns or "value_date" in self.columns) and bool(
            {"amount", "debit", "credit"} & self.columns.keys()
        )


def header_of(row: int, cells: Sequence[str], mapping: Mapping[str, str]) -> Header:
    """Read a row as a header. `mapping` names columns by role, before anything is guessed."""
    header = Header(row, len(cells), names=tuple(cell.strip() for cell in cells))
    wanted = {normal(name): role for role, name in mapping.items()}
    for index, cell in enumerate(cells):
        role, currency = role_of(cell)
        role = wanted.get(normal(cell), role)
        if role == "text":
            header.texts.append(index)
        elif role == "reference":
            header.references.append(index)
        if role and role != "ignored" and role not in header.columns:
            header.columns[role] = index
            if role in {"amount", "debit", "credit"} and currency:
                header.currency = header.currency or currency
    if "date" not in header.columns and "value_date" in header.columns:
        header.columns["date"] = header.columns["value_date"]
    return header
