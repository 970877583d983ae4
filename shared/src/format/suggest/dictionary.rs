//! A dictionary of column names in many languages, for suggesting mappings.
//!
//! The words serve suggestions only, while formats are recognised by their own words, each of which has a source.
//! Most words here come from Kimai's language files and from Clockify's translated exports, and the rest are common
//! words from dictionaries. Names are compared in the form of [`plain`], in lower case and without accents. If a word
//! has two meanings, the cells of the column decide.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::plain::plain;

/// The meaning of a column name, which together with the cells leads to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Meaning {
    Day,
    /// The day, or the date and time of day, on which the work begins.
    StartDay,
    EndDay,
    /// The time of day, or the date and time of day, or the day, at which the work begins.
    Start,
    End,
    /// A duration whose unit is not named.
    Duration,
    Hours,
    Minutes,
    Seconds,
    Person,
    FirstName,
    LastName,
    Email,
    Client,
    Project,
    Task,
    Text,
    Tags,
    Billable,
    Invoiced,
    Rate,
    Amount,
    Currency,
    /// Time between start and end without work.
    Break,
    /// Hours in addition to regular hours, which a mapping would lose.
    Overtime,
}

/// A meaning, its certain words of weight 100, and its likely words of weight 70.
type Words = (Meaning, &'static [&'static str], &'static [&'static str]);

#[rustfmt::skip]
const WORDS: &[Words] = &[
    (Meaning::Day, &[
        "date", "work date", "entry date", "day", "datum", "arbeitsdatum", "leistungsdatum", "buchungsdatum", "tag", "arbeitstag",
        "jour", "date de travail", "fecha", "dia", "día", "fecha de trabajo", "data", "giorno", "data de trabalho", "dag", "dato", "dzień", "den", "päivämäärä",
        "päivä", "pvm", "dátum", "nap", "deň", "tarih", "gün", "дата", "день", "дата работы", "日付", "年月日", "作業日", "日期", "工作日期", "날짜", "일자",
        "ημερομηνία", "kuupäev", "ziua",
    ], &["when", "wann", "quand", "cuando", "quando"]),
    (Meaning::StartDay, &[
        "start date", "startdatum", "beginndatum", "anfangsdatum", "date de début", "fecha de inicio", "fecha inicio", "data de início",
        "data inicial", "data di inizio", "data inizio", "begindatum", "startdato", "data rozpoczęcia", "datum zahájení", "alkamispäivä", "kezdő dátum",
        "başlangıç tarihi", "дата начала", "дата початку", "开始日期", "開始日", "시작일", "시작 날짜", "data de începere", "ημερομηνία έναρξης",
    ], &[]),
    (Meaning::EndDay, &[
        "end date", "stop date", "enddatum", "endedatum", "date de fin", "fecha de fin", "fecha fin", "fecha de finalización", "data de término",
        "data final", "data de fim", "data di fine", "data fine", "einddatum", "slutdatum", "slutdato", "sluttdato", "data zakończenia", "datum ukončení",
        "päättymispäivä", "befejező dátum", "bitiş tarihi", "дата окончания", "дата завершення", "结束日期", "終了日", "종료일", "종료 날짜",
        "ημερομηνία λήξης",
    ], &[]),
    (Meaning::Start, &[
        "start", "start time", "started", "started at", "begin", "from", "beginn", "startzeit", "anfang", "anfangszeit", "von", "début", "heure de début", "de",
        "inicio", "hora de inicio", "hora inicio", "início", "hora de início", "inizio", "ora di inizio", "ora inizio", "da", "van", "begintijd", "starttijd",
        "från", "starttid", "fra", "od", "początek", "godzina rozpoczęcia", "začátek", "začiatok", "alkaen", "alku", "aloitusaika", "kezdés", "kezdete",
        "başlangıç", "başlangıç saati", "с", "начало", "время начала", "з", "початок", "час початку", "от", "开始时间", "开始", "始于", "開始", "開始時刻", "開始時間",
        "시작", "시작 시간", "de la", "από", "έναρξη", "početak", "začetek",
    ], &["in", "clock in", "kommen", "arrivée", "entrada", "entrata", "entrée"]),
    (Meaning::End, &[
        "end", "end time", "stop", "stop time", "ended", "ended at", "finish", "to", "ende", "endzeit", "bis", "fin", "heure de fin", "à",
        "hora de fin", "hora fin", "hora de finalización", "para", "fim", "hora de término", "hora de fim", "término", "fine", "ora di fine", "ora fine", "a",
        "tot", "eindtijd", "einde", "till", "til", "slut", "sluttid", "slutt", "do", "koniec", "godzina zakończenia", "konec", "saakka", "loppu",
        "lopetusaika", "befejezés", "vége", "bitiş", "bitiş saati", "до", "конец", "окончание", "время окончания", "кінець", "час завершення", "结束时间", "结束", "至",
        "終了", "終了時刻", "終了時間", "종료", "종료 시간", "până la", "σε", "έως", "λήξη", "kraj", "za",
    ], &["out", "clock out", "gehen", "départ", "salida", "saída", "uscita", "sortie"]),
    (Meaning::Duration, &[
        "duration", "time spent", "timespent", "spent time", "logged time", "dauer", "zeitaufwand", "aufwand", "arbeitszeit", "benötigte zeit", "durée", "temps passé", 
        "duración", "tiempo empleado", "tiempo trabajado", "tiempo dedicado", "durata", "duração", "tempo gasto", "tempo trabalhado",
        "duur", "tijdsduur", "bestede tijd", "längd", "tidsåtgång", "varighed", "tidsforbrug", "varighet", "tidsbruk", "czas trwania", "czas pracy",
        "doba trvání", "trvání", "trvanie", "kesto", "työaika", "időtartam", "ráfordítás", "süre", "длительность", "продолжительность", "затраченное время",
        "тривалість", "продължителност", "所要時間", "作業時間", "期間", "持续时间", "时长", "耗时", "소요시간", "소요 시간", "작업 시간", "trajanje", "διάρκεια",
        
    ], &[
        "time", "temps", "tiempo", "tempo", "tijd", "tid", "czas", "čas", "aika", "idő", "время", "час", "vrijeme", "χρόνος", "worked", "zeit", "how long", "took", "wie lange", "effort",
    ]),
    (Meaning::Hours, &[
        "hours", "hrs", "hour", "worked hours", "logged hours", "hours worked", "number of hours", "stunden", "std", "arbeitsstunden", "stundenzahl", "anzahl stunden", "geleistete stunden",
        "heures", "nombre d'heures", "heures travaillées", "nb heures", "horas", "horas trabajadas", "horas trabalhadas", "horas gastas", "ore", "ore lavorate", "ore lucrate", "uren",
        "gewerkte uren", "aantal uren", "timmar", "antal timmar", "timer", "antal timer", "antall timer", "godziny", "liczba godzin", "hodiny", "počet hodin", "počet hodín",
        "tunnit", "tuntia", "tunteja", "óra", "órák", "óraszám", "saatler", "çalışma saati", "часы", "часов", "количество часов", "години", "годин", "часове", "時間数", "工数",
        "小时", "小时数", "工时", "時數", "sati", "ure", "ώρες",
    ], &["saat", "時間", "시간", "total hours", "gesamtstunden", "total heures", "total horas", "total ore", "totaal uren"]),
    (Meaning::Minutes, &[
        "minutes", "mins", "min", "minuten", "anzahl minuten", "minutos", "minuti", "minuter", "minutter", "minuty", "minut", "minuutit", "minuuttia", "perc", "percek",
        "dakika", "минуты", "минут", "хвилини", "хвилин", "минути", "分", "分钟", "分鐘", "분", "minute", "λεπτά",
    ], &[]),
    (Meaning::Seconds, &[
        "seconds", "secs", "sec", "sekunden", "secondes", "segundos", "secondi", "seconden", "sekunder", "sekundy", "sekund", "sekunnit", "másodperc", "saniye",
        "секунды", "секунд", "秒", "초", "secunde", "δευτερόλεπτα",
    ], &[]),
    (Meaning::Person, &[
        "user", "user name", "username", "person", "member", "team member", "employee", "employee name", "full name", "staff", "worker", "resource", "consultant", "freelancer",
        "mitarbeiter", "mitarbeiterin", "mitarbeitende", "mitarbeiter in", "mitarbeitername", "benutzer", "benutzername", "nutzer", "bearbeiter", "beschäftigter", "voller name", "vollständiger name",
        "utilisateur", "nom d'utilisateur", "collaborateur", "employé", "salarié", "personne", "membre", "intervenant", "nom complet",
        "usuario", "empleado", "persona", "trabajador", "colaborador", "miembro", "nombre completo", "nombre de usuario",
        "utente", "dipendente", "collaboratore", "nome completo", "utilizador", "usuário", "nome do usuário", "nome de usuário", "nome do utilizador", "funcionário", "pessoa", "membro",
        "gebruiker", "gebruikersnaam", "medewerker", "werknemer", "persoon", "användare", "medarbetare", "anställd", "bruger", "medarbejder", "bruker", "ansatt",
        "medarbeider", "użytkownik", "pracownik", "osoba", "uživatel", "uživatelské jméno", "pracovník", "zaměstnanec", "používateľ", "zamestnanec", "käyttäjä",
        "työntekijä", "henkilö", "felhasználó", "felhasználónév", "munkatárs", "dolgozó", "kullanıcı", "çalışan", "personel", "пользователь", "имя пользователя", "сотрудник", "исполнитель", "полное имя",
        "користувач", "співробітник", "працівник", "виконавець", "потребител", "служител", "ユーザー", "ユーザー名", "担当者", "氏名", "社員", "社員名", "従業員", "用户", "用户名", "员工", "姓名",
        "사용자", "사용자 이름", "직원", "담당자", "utilizator", "angajat", "korisnik", "zaposlenik", "uporabnik", "uporabniško ime", "χρήστης", "υπάλληλος", "εργαζόμενος",
    ], &[
        "name", "who", "wer", "qui", "quién", "nom", "nombre", "nome", "naam", "namn", "navn", "nimi", "név", "nazwisko i imię", "imię i nazwisko", "jméno", "meno", "имя", "фио",
        "ім'я", "име", "名前", "名字", "이름", "nume", "ime", "όνομα", "ad soyad", "author", "autor", "auteur", "autore", "автор", "assignee", "owner",
    ]),
    (Meaning::FirstName, &[
        "first name", "given name", "vorname", "prénom", "nombre de pila", "primeiro nome", "nome proprio", "voornaam", "förnamn", "fornavn", "imię", "křestní jméno",
        "etunimi", "keresztnév", "ad", "имя сотрудника", "prenume",
    ], &[]),
    (Meaning::LastName, &[
        "last name", "surname", "family name", "nachname", "familienname", "zuname", "nom de famille", "apellido", "apellidos", "cognome", "sobrenome", "apelido",
        "achternaam", "efternamn", "efternavn", "etternavn", "nazwisko", "příjmení", "priezvisko", "sukunimi", "vezetéknév", "soyad", "soyadı", "фамилия", "прізвище",
        "фамилно име", "prezime", "priimek", "nume de familie", "επώνυμο",
    ], &[]),
    (Meaning::Email, &[
        "email", "user email", "e mail", "mail", "email address", "e mail adresse", "mailadresse", "courriel", "adresse e mail", "adresse email", "correo", "correo electrónico", "posta elettronica", "indirizzo e mail",
        "endereço de e mail", "e mailadres", "e post", "epost", "adres e mail", "e mailová adresa", "sähköposti", "e mail cím", "e posta", "eposta", "эл почта", "электронная почта", "почта", "елпошта", "ел пошта",
        "електронна пошта", "електронна поща", "電子メール", "メール", "メールアドレス", "电子邮件", "邮箱", "이메일", "ηλεκτρονική διεύθυνση",
    ], &[]),
    (Meaning::Client, &[
        "client", "customer", "account customer", "kunde", "kundin", "kundenname", "auftraggeber", "mandant", "cliente", "klant", "opdrachtgever", "kund", "klient", "zákazník", "asiakas", "ügyfél",
        "müşteri", "клиент", "заказчик", "клієнт", "замовник", "得意先", "顧客", "クライアント", "取引先", "客户", "고객", "고객사", "kupac", "klijent", "stranka", "naročnik", "πελάτης",
    ], &["company", "firma", "société", "empresa", "azienda", "bedrijf", "organization", "organisation"]),
    (Meaning::Project, &[
        "project", "projekt", "projektname", "projekt name", "vorhaben", "projet", "proyecto", "progetto", "projeto", "projecto", "projekti", "prosjekt", "proje", "проект", "имя проекта", "проєкт", "プロジェクト",
        "プロジェクト名", "案件", "案件名", "项目", "项目名称", "項目", "专案", "專案", "프로젝트", "프로젝트명", "proiect", "έργο",
    ], &["job", "matter", "mandat", "dossier", "chantier", "baustelle", "auftrag"]),
    (Meaning::Task, &[
        "task", "activity", "service", "aufgabe", "tätigkeit", "taetigkeit", "aktivität", "aktivitaet", "leistung", "tâche", "activité", "prestation", "tarea", "actividad", "attività", "compito", "tarefa",
        "atividade", "actividade", "taak", "activiteit", "werkzaamheid", "uppgift", "aktivitet", "opgave", "oppgave", "zadanie", "aktywność", "czynność", "úkol", "aktivita", "činnost", "činnosti", "úloha", "työtehtävä",
        "tehtävä", "feladat", "tevékenység", "görev", "etkinlik", "iş", "задача", "активность", "работа", "завдання", "діяльність", "задание", "дейност", "タスク", "作業", "アクティビティ", "作業項目", "任务",
        "活动", "工作项", "작업", "활동", "업무", "sarcină", "activitate", "zadatak", "aktivnost", "naloga", "δραστηριότητα", "εργασία",
    ], &[
        "issue", "issue key", "ticket", "ticket no", "work item", "item", "todo", "vorgang", "vorgangsschlüssel", "vorgangszusammenfassung", "ключ задачи", "ключ запроса", "тема запроса", "clave de incidencia", "clé de ticket",
        "问题关键字", "課題キー", "questão chave", "chamado",
    ]),
    (Meaning::Text, &[
        "description", "work description", "notes", "note", "comment", "comments", "beschreibung", "arbeitsbeschreibung", "tätigkeitsbeschreibung", "leistungsbeschreibung", "bemerkung", "bemerkungen", "notiz", "notizen", "kommentar", "anmerkung",
        "remarque", "remarques", "commentaire", "commentaires", "descripción", "descripción del trabajo", "comentario", "comentarios", "observaciones", "notas", "descrizione", "commento", "commenti", "nota", "descrição",
        "comentário", "comentários", "observações", "beschrijving", "omschrijving", "opmerking", "opmerkingen", "toelichting", "beskrivning", "anteckning", "anteckningar", "beskrivelse", "bemærkning", "merknad", "notat", "opis",
        "komentarz", "uwagi", "popis", "komentář", "poznámka", "komentár", "kuvaus", "kommentti", "selite", "leírás", "megjegyzés", "açıklama", "yorum", "not", "описание", "описание работы", "комментарий",
        "примечание", "опис", "коментар", "коментарі", "примітка", "описание на работата", "説明", "備考", "コメント", "作業内容", "内容", "描述", "备注", "说明", "工作内容", "설명", "비고", "업무 보고", "내용", "descriere",
        "comentariu", "opombe", "περιγραφή", "σχόλια",
    ], &["memo", "remarks", "details", "text", "was", "what", "objet", "sujet", "detalle"]),
    (Meaning::Tags, &[
        "tags", "labels", "schlagworte", "schlagwörter", "stichworte", "mots clés", "étiquettes", "etiquetas", "etichette", "trefwoorden", "etiketter", "tagi", "etykiety", "štítky", "značky",
        "tunnisteet", "címkék", "etiketler", "метки", "теги", "мітки", "етикети", "タグ", "ラベル", "标签", "標籤", "태그", "etichete", "oznake", "ετικέτες",
    ], &["label"]),
    (Meaning::Billable, &[
        "billable", "is billable", "abrechenbar", "verrechenbar", "fakturierbar", "facturable", "fatturabile", "faturável", "factureerbaar", "declarabel", "debiterbar", "fakturérbar", "fakturerbar",
        "płatne", "fakturowalne", "zpoplatnitelné", "fakturovatelné", "zúčtovateľný", "laskutettava", "számlázható", "faturalandırılabilir", "подлежащий оплате", "оплачиваемый", "підлягає оплаті", "таксувано", "请求可能",
        "請求可能", "计费", "可计费", "청구 가능한", "청구 가능", "facturabil", "naplativo", "plačljivo", "τιμολογήσιμο",
    ], &[]),
    (Meaning::Invoiced, &[
        "invoiced", "billed", "abgerechnet", "verrechnet", "fakturiert", "facturé", "facturado", "fatturato", "faturado", "gefactureerd", "fakturerad", "faktureret", "fakturert", "zafakturowane", "fakturováno",
        "laskutettu", "számlázva", "faturalandı",
    ], &[]),
    (Meaning::Rate, &[
        "hourly rate", "billable rate", "stundensatz", "preis pro stunde", "taux horaire", "tarifa por hora", "tarifa horaria", "tariffa oraria", "taxa horária", "preço por hora", "valor hora", "uurtarief",
        "timpris", "timesats", "timepris", "stawka godzinowa", "hodinová mzda", "hodinová sazba", "hodinová sadzba", "tuntihinta", "órabér", "óradíj", "saatlik ücret", "почасовая оплата", "почасовая ставка",
        "погодинна ставка", "почасова цена", "時間給", "時給", "每小时收费", "시간당 비용", "tarif orar", "satnica", "cena na uro", "ωρομίσθιο",
    ], &[]),
    (Meaning::Amount, &[
        "amount", "billable amount", "betrag", "rechnungsbetrag", "montant", "importe", "importo", "valor faturável", "bedrag", "belopp", "beløb", "beløp", "kwota", "částka", "suma", "summa", "összeg", "tutar", "сумма", "сума", "金額", "金额",
        "금액", "iznos", "znesek", "ποσό",
    ], &[]),
    (Meaning::Currency, &[
        "currency", "währung", "devise", "monnaie", "moneda", "divisa", "valuta", "moeda", "waluta", "měna", "mena", "valuutta", "pénznem", "deviza", "para birimi", "валюта", "通貨", "货币", "通화", "νόμισμα",
    ], &[]),
    (Meaning::Break, &[
        "break", "breaks", "break time", "pause", "pausen", "pausenzeit", "pauses", "descanso", "pausa", "pauze", "paus", "rast", "przerwa", "přestávka", "prestávka", "tauko", "szünet", "mola", "перерыв", "перерва", "почивка",
        "休憩", "休憩時間", "休息", "휴식", "pauza", "pavza", "odmor", "διάλειμμα", "lunch", "intervalo",
    ], &[]),
    (Meaning::Overtime, &[
        "overtime", "overtime hours", "ot hours", "überstunden", "ueberstunden", "mehrstunden", "heures supplémentaires", "heures sup", "horas extra", "horas extras", "straordinario", "straordinari", "overuren", "overwerk", "övertid",
        "overtid", "overarbejde", "nadgodziny", "přesčas", "přesčasy", "nadčasy", "nadčas", "ylityö", "ylityöt", "túlóra", "fazla mesai", "сверхурочные", "понаднормові", "残業", "残業時間", "加班", "초과근무", "ore suplimentare", "prekovremeno", "nadure",
        "υπερωρίες",
    ], &[]),
];

/// Words which do not change the meaning of neighbouring words.
#[rustfmt::skip]
pub(super) const NEUTRAL: &[&str] = &[
    "name", "nom", "nombre", "nome", "naam", "namn", "navn", "nimi", "nazwa", "nazev", "nazov", "nev", "имя", "название", "назва", "title", "titel", "titre", "titulo",
    "the", "of", "in", "der", "des", "die", "das", "le", "la", "les", "de", "du", "d", "del", "el", "di", "do", "da", "van", "work", "worked", "time", "entry", "log", "logged", "worklog", "tracked",
    "arbeit", "travail", "trabajo", "trabalho", "lavoro",
];

/// Words which change the meaning of neighbouring words: "customer number", "planned hours", "invoice date".
#[rustfmt::skip]
pub(super) const OTHERWISE: &[&str] = &[
    "id", "key", "code", "number", "no", "nr", "num", "nummer", "numero", "number", "номер", "estimate", "estimated", "estimation", "planned", "plan", "budget", "remaining", "rest", "geplant", "geplante", "soll", "prevu", "prevues",
    "estimado", "estimada", "estimadas", "planificado", "planificadas", "previsto", "previste", "gepland", "geplande", "planerad", "planerade", "planlagt", "planowane", "planowany", "planovano", "план", "плановые", "created", "erstellt", "angelegt",
    "cree", "creado", "creacion", "criado", "criacao", "creato", "создано", "updated", "modified", "geandert", "aktualisiert", "modifie", "actualizado", "atualizado", "invoice", "rechnung", "rechnungs", "facture", "factura", "fattura",
    "fatura", "due", "fallig", "deadline", "birth", "geburtsdatum", "rate", "cost", "price", "break", "pause", "overtime", "nicht", "non", "not", "no",
];

/// The meanings of a whole name, with weights from 0 to 100; empty if the name is unknown.
pub(super) fn meanings(name: &str) -> &'static [(Meaning, u32)] {
    static KNOWN: LazyLock<HashMap<String, Vec<(Meaning, u32)>>> = LazyLock::new(|| {
        let mut known: HashMap<String, Vec<(Meaning, u32)>> = HashMap::new();
        for (meaning, sure, likely) in WORDS {
            for (words, weight) in [(sure, 100), (likely, 70)] {
                for word in words.iter() {
                    let meanings = known.entry(plain(word)).or_default();
                    if meanings.iter().all(|(other, _)| other != meaning) {
                        meanings.push((*meaning, weight));
                    }
                }
            }
        }
        known
    });
    KNOWN.get(name).map_or(&[], Vec::as_slice)
}
