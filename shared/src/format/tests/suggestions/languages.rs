//! The words of tables in many languages, as written by people and programs.

/// A language with the words of its tables.
pub(super) struct Language {
    pub name: &'static str,
    pub date: &'static str,
    pub start: &'static str,
    pub end: &'static str,
    pub duration: &'static str,
    pub hours: &'static str,
    pub minutes: &'static str,
    pub person: &'static str,
    pub client: &'static str,
    pub project: &'static str,
    pub task: &'static str,
    pub text: &'static str,
    pub tags: &'static str,
    pub billable: &'static str,
    pub yes: &'static str,
    pub no: &'static str,
    /// A date with the month as a word: `{d}` is the day, `{m}` a name from `months`, `{Y}` the year.
    /// `None` if nobody writes such dates.
    pub named: Option<&'static str>,
    pub months: [&'static str; 12],
    pub comma: bool,
}

type Words = [&'static str; 15];

const fn language(
    name: &'static str,
    words: Words,
    named: Option<&'static str>,
    months: [&'static str; 12],
    comma: bool,
) -> Language {
    let [date, start, end, duration, hours, minutes, person, client, project, task, text, tags, billable, yes, no] =
        words;
    Language {
        name,
        date,
        start,
        end,
        duration,
        hours,
        minutes,
        person,
        client,
        project,
        task,
        text,
        tags,
        billable,
        yes,
        no,
        named,
        months,
        comma,
    }
}

const NONE: [&str; 12] = [""; 12];

#[rustfmt::skip]
pub(super) const LANGUAGES: [Language; 23] = [
    language("German", ["Datum", "Von", "Bis", "Dauer", "Stunden", "Minuten", "Mitarbeiter", "Kunde", "Projekt", "Tätigkeit", "Beschreibung", "Schlagworte", "Abrechenbar", "Ja", "Nein"],
        Some("{d}. {m} {Y}"), ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"], true),
    language("French", ["Date", "De", "À", "Durée", "Heures", "Minutes", "Utilisateur", "Client", "Projet", "Activité", "Commentaire", "Mots-clés", "Facturable", "Oui", "Non"],
        Some("{d} {m} {Y}"), ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"], true),
    language("Spanish", ["Fecha", "Hora de inicio", "Hora de fin", "Duración", "Horas", "Minutos", "Usuario", "Cliente", "Proyecto", "Actividad", "Descripción", "Etiquetas", "Facturable", "Sí", "No"],
        Some("{d} de {m} de {Y}"), ["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"], true),
    language("Italian", ["Data", "Da", "A", "Durata", "Ore", "Minuti", "Utente", "Cliente", "Progetto", "Attività", "Descrizione", "Etichette", "Fatturabile", "Sì", "No"],
        Some("{d} {m} {Y}"), ["gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"], true),
    language("Portuguese", ["Data", "Início", "Fim", "Duração", "Horas", "Minutos", "Funcionário", "Cliente", "Projeto", "Atividade", "Descrição", "Etiquetas", "Faturável", "Sim", "Não"],
        Some("{d} de {m} de {Y}"), ["janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro"], true),
    language("Dutch", ["Datum", "Van", "Tot", "Duur", "Uren", "Minuten", "Medewerker", "Klant", "Project", "Activiteit", "Omschrijving", "Labels", "Factureerbaar", "Ja", "Nee"],
        Some("{d} {m} {Y}"), ["januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"], true),
    language("Swedish", ["Datum", "Från", "Till", "Längd", "Timmar", "Minuter", "Användare", "Kund", "Projekt", "Aktivitet", "Beskrivning", "Etiketter", "Debiterbar", "Ja", "Nej"],
        Some("{d} {m} {Y}"), ["januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober", "november", "december"], true),
    language("Danish", ["Dato", "Fra", "Til", "Varighed", "Timer", "Minutter", "Medarbejder", "Kunde", "Projekt", "Opgave", "Beskrivelse", "Etiketter", "Fakturérbar", "Ja", "Nej"],
        Some("{d}. {m} {Y}"), ["januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober", "november", "december"], true),
    language("Norwegian", ["Dato", "Fra", "Til", "Varighet", "Timer", "Minutter", "Ansatt", "Kunde", "Prosjekt", "Oppgave", "Beskrivelse", "Etiketter", "Fakturerbar", "Ja", "Nei"],
        Some("{d}. {m} {Y}"), ["januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "desember"], true),
    language("Finnish", ["Päivämäärä", "Alkaen", "Saakka", "Kesto", "Tunnit", "Minuutit", "Työntekijä", "Asiakas", "Projekti", "Työtehtävä", "Kuvaus", "Tunnisteet", "Laskutettava", "Kyllä", "Ei"],
        Some("{d}. {m} {Y}"), ["tammikuuta", "helmikuuta", "maaliskuuta", "huhtikuuta", "toukokuuta", "kesäkuuta", "heinäkuuta", "elokuuta", "syyskuuta", "lokakuuta", "marraskuuta", "joulukuuta"], true),
    language("Polish", ["Data", "Od", "Do", "Czas trwania", "Godziny", "Minuty", "Pracownik", "Klient", "Projekt", "Zadanie", "Opis", "Tagi", "Płatne", "Tak", "Nie"],
        Some("{d} {m} {Y}"), ["stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca", "lipca", "sierpnia", "września", "października", "listopada", "grudnia"], true),
    language("Czech", ["Datum", "Od", "Do", "Doba trvání", "Hodiny", "Minuty", "Zaměstnanec", "Zákazník", "Projekt", "Úkol", "Popis", "Štítky", "Zpoplatnitelné", "Ano", "Ne"],
        Some("{d}. {m} {Y}"), ["ledna", "února", "března", "dubna", "května", "června", "července", "srpna", "září", "října", "listopadu", "prosince"], true),
    language("Slovak", ["Dátum", "Od", "Do", "Trvanie", "Hodiny", "Minuty", "Zamestnanec", "Zákazník", "Projekt", "Úloha", "Popis", "Značky", "Zúčtovateľný", "Áno", "Nie"],
        Some("{d}. {m} {Y}"), ["januára", "februára", "marca", "apríla", "mája", "júna", "júla", "augusta", "septembra", "októbra", "novembra", "decembra"], true),
    language("Hungarian", ["Dátum", "Kezdés", "Befejezés", "Időtartam", "Óra", "Perc", "Munkatárs", "Ügyfél", "Projekt", "Tevékenység", "Leírás", "Címkék", "Számlázható", "Igen", "Nem"],
        Some("{Y}. {m} {d}."), ["január", "február", "március", "április", "május", "június", "július", "augusztus", "szeptember", "október", "november", "december"], true),
    language("Turkish", ["Tarih", "Başlangıç", "Bitiş", "Süre", "Saat", "Dakika", "Çalışan", "Müşteri", "Proje", "Görev", "Açıklama", "Etiketler", "Faturalandırılabilir", "Evet", "Hayır"],
        Some("{d} {m} {Y}"), ["Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran", "Temmuz", "Ağustos", "Eylül", "Ekim", "Kasım", "Aralık"], true),
    language("Romanian", ["Data", "De la", "Până la", "Durata", "Ore", "Minute", "Angajat", "Client", "Proiect", "Activitate", "Descriere", "Etichete", "Facturabil", "Da", "Nu"],
        Some("{d} {m} {Y}"), ["ianuarie", "februarie", "martie", "aprilie", "mai", "iunie", "iulie", "august", "septembrie", "octombrie", "noiembrie", "decembrie"], true),
    language("Croatian", ["Datum", "Početak", "Kraj", "Trajanje", "Sati", "Minute", "Zaposlenik", "Klijent", "Projekt", "Zadatak", "Opis", "Oznake", "Naplativo", "Da", "Ne"],
        Some("{d}. {m} {Y}."), ["siječnja", "veljače", "ožujka", "travnja", "svibnja", "lipnja", "srpnja", "kolovoza", "rujna", "listopada", "studenoga", "prosinca"], true),
    language("Russian", ["Дата", "Начало", "Окончание", "Длительность", "Часы", "Минуты", "Сотрудник", "Клиент", "Проект", "Задача", "Описание", "Метки", "Оплачиваемый", "Да", "Нет"],
        Some("{d} {m} {Y} г."), ["января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"], true),
    language("Ukrainian", ["Дата", "Початок", "Кінець", "Тривалість", "Години", "Хвилини", "Співробітник", "Клієнт", "Проєкт", "Завдання", "Опис", "Мітки", "Підлягає оплаті", "Так", "Ні"],
        Some("{d} {m} {Y} р."), ["січня", "лютого", "березня", "квітня", "травня", "червня", "липня", "серпня", "вересня", "жовтня", "листопада", "грудня"], true),
    language("Greek", ["Ημερομηνία", "Από", "Έως", "Διάρκεια", "Ώρες", "Λεπτά", "Υπάλληλος", "Πελάτης", "Έργο", "Εργασία", "Περιγραφή", "Ετικέτες", "Τιμολογήσιμο", "Ναι", "Όχι"],
        Some("{d} {m} {Y}"), ["Ιανουαρίου", "Φεβρουαρίου", "Μαρτίου", "Απριλίου", "Μαΐου", "Ιουνίου", "Ιουλίου", "Αυγούστου", "Σεπτεμβρίου", "Οκτωβρίου", "Νοεμβρίου", "Δεκεμβρίου"], true),
    language("Japanese", ["日付", "開始時刻", "終了時刻", "所要時間", "時間", "分", "担当者", "顧客", "プロジェクト", "タスク", "作業内容", "タグ", "請求可能", "はい", "いいえ"],
        Some("{Y}年{n}月{d}日"), NONE, false),
    language("Chinese", ["日期", "开始时间", "结束时间", "时长", "工时", "分钟", "员工", "客户", "项目", "任务", "描述", "标签", "计费", "是", "否"],
        Some("{Y}年{n}月{d}日"), NONE, false),
    language("Korean", ["날짜", "시작 시간", "종료 시간", "소요 시간", "시간", "분", "직원", "고객", "프로젝트", "작업", "설명", "태그", "청구 가능", "1", "0"],
        Some("{Y}년 {n}월 {d}일"), NONE, false),
];
