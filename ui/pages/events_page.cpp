#include "ui/pages/events_page.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/bridge/time_range.h"
#include "ui/models/incidents.h"
#include "ui/pages/page_face.h"
#include "ui/pages/tone_delegate.h"
#include "ui/widgets/card.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/state_view.h"
#include "ui/widgets/table_style.h"

#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QSettings>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace ui {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kPause{200};
constexpr int kEventsPageSize = 200;
constexpr std::chrono::seconds kOverlap{30}; // what is written late may carry an earlier time
constexpr TimeRange::Span kAround = 5min;    // the window around a chosen event
constexpr int kSearchWidth = 220, kMostColumnWidth = 260, kColumnSlack = 24;

} // namespace

EventsPage::EventsPage(const PageContext& context, QWidget* parent)
    : Page(QStringLiteral("events"), tr("Events"), context, parent)
{
    m_face = new PageFace(context, this, build());
    connectAll();
}

QWidget* EventsPage::build()
{
    auto* content = new QWidget(this);
    auto* card = new Card(context().theme, {}, content);
    m_summary = new Label(context().theme, FontRole::Small, Tone::Muted, card);
    m_summary->setObjectName(QStringLiteral("eventSummary"));
    m_missing = new Label(context().theme, FontRole::Small, Tone::Warning, card);
    m_missing->setObjectName(QStringLiteral("eventsMissing"));
    m_missing->setWordWrap(true);
    m_missing->hide();
    m_stack = new QStackedWidget(card);
    buildTable(m_stack);
    m_state = new StateView(context().theme, m_stack);
    m_state->setObjectName(QStringLiteral("eventState"));
    m_stack->addWidget(m_table);
    m_stack->addWidget(m_state);
    card->body()->addWidget(buildFilters(card));
    card->body()->addWidget(m_summary);
    card->body()->addWidget(m_missing);
    card->body()->addWidget(m_stack, 1);
    m_whole = new Label(context().theme, FontRole::Body, Tone::Normal, card);
    m_whole->setObjectName(QStringLiteral("eventWhole"));
    m_whole->setWordWrap(true);
    m_whole->setTextFormat(Qt::PlainText);
    m_whole->setTextInteractionFlags(Qt::TextSelectableByMouse);
    card->body()->addWidget(m_whole);
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(kSpacingMedium, kSpacingMedium, kSpacingMedium, kSpacingMedium);
    layout->addWidget(card);
    return content;
}

QWidget* EventsPage::buildFilters(QWidget* parent)
{
    auto* row = new QWidget(parent);
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins({});
    layout->setSpacing(kSpacingTiny);
    m_search = new QLineEdit(row);
    m_search->setObjectName(QStringLiteral("eventSearch"));
    m_search->setPlaceholderText(tr("Find a word (Ctrl-F)"));
    m_search->setAccessibleName(tr("Find in events"));
    m_search->setClearButtonEnabled(true);
    m_search->setMinimumWidth(kSearchWidth);
    m_search->installEventFilter(this);
    layout->addWidget(m_search, 1);
    layout->addSpacing(kSpacingSmall);
    layout->addWidget(new Label(context().theme, tr("Only"), FontRole::Body, Tone::Muted, row));
    for (const auto group : kEventGroups) {
        auto* button = new QToolButton(row);
        button->setObjectName(QStringLiteral("eventGroup%1").arg(int(group)));
        button->setText(eventGroupText(group));
        button->setCheckable(true);
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setToolTip(tr("Only these; several can be chosen, none shows all"));
        button->setAccessibleName(tr("Only %1").arg(eventGroupText(group)));
        layout->addWidget(button);
        m_groups[group] = button;
    }
    layout->addSpacing(kSpacingSmall);
    m_allTimes = new QToolButton(row);
    m_allTimes->setObjectName(QStringLiteral("allTimes"));
    m_allTimes->setText(tr("All times"));
    m_allTimes->setCheckable(true);
    m_allTimes->setChecked(true);
    m_allTimes->setToolTip(
        tr("Not only the window at the top, but all that is known. A part of the past that is "
           "chosen in a chart switches it off."));
    layout->addWidget(m_allTimes);
    return row;
}

void EventsPage::buildTable(QWidget* parent)
{
    m_model = new EventModel([this](const backend::Event& event) { return iconOf(event); }, this);
    m_table = new QTableView(parent);
    m_table->setObjectName(QStringLiteral("eventTable"));
    m_table->setAccessibleName(tr("Events, newest first"));
    m_table->setModel(m_model);
    m_table->setItemDelegate(new ToneDelegate(context().theme, m_table));
    styleTable(*m_table);
    m_table->setSortingEnabled(false); // it is in order of time, to the oldest
    m_table->setWordWrap(false);
    m_table->horizontalHeader()->setStretchLastSection(false);
    m_table->horizontalHeader()->setSectionResizeMode(EventWhatColumn, QHeaderView::Stretch);
}

void EventsPage::connectAll()
{
    m_soon.setSingleShot(true);
    m_soon.setInterval(kPause);
    connect(&m_soon, &QTimer::timeout, this, [this] {
        const bool there = wanted() == m_wanted && m_model->state() != EventModel::State::Failed;
        if (!there) restart(); // else it was written and taken back
    });
    connect(m_search, &QLineEdit::textChanged, this, [this] { m_soon.start(); });
    for (const auto& [group, button] : m_groups)
        connect(button, &QToolButton::toggled, this, &EventsPage::restart);
    connect(m_allTimes, &QToolButton::toggled, this, &EventsPage::restart);
    connect(m_model, &EventModel::pageWanted, this, &EventsPage::readPage);
    connect(m_model, &EventModel::stateChanged, this, &EventsPage::showState);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this, &EventsPage::showWhole);
    connect(m_model, &QAbstractItemModel::modelReset, this, &EventsPage::showWhole);
    connect(m_table, &QTableView::activated, this, &EventsPage::chooseAround);
    connect(m_state, &StateView::actionTriggered, this, [this] {
        m_model->state() == EventModel::State::Failed ? m_model->retry() : m_allTimes->setChecked(true);
    });
    auto& range = context().range;
    connect(&range, &TimeRange::moved, this, &EventsPage::followRange);
    connect(&range, &TimeRange::windowChanged, this, [this] {
        followChoice();
        m_soon.start();
    });
    connect(&range, &TimeRange::eventsChanged, this, [this] {
        if (isVisible() && this->context().range.live()) readNewest();
    });
    connect(&context().theme, &Theme::changed, this, [this] {
        m_icons.clear();
        for (const auto& [group, button] : m_groups)
            button->setIcon(QIcon());
        activated();
    });
}

QIcon EventsPage::iconOf(const backend::Event& event)
{
    auto& icon = m_icons[{event.kind, eventTone(event)}];
    if (icon.isNull()) icon = eventIcon(context().theme, event.kind, eventTone(event));
    return icon;
}

// --- what is asked for

backend::EventQuery EventsPage::query() const
{
    backend::EventQuery out;
    out.limit = kEventsPageSize;
    out.text = m_search->text().trimmed().toStdString();
    for (const auto& [group, button] : m_groups)
        if (button->isChecked())
            for (const auto kind : kindsOf(group))
                out.kinds.push_back(kind);
    if (m_allTimes->isChecked()) return out;
    const auto& range = context().range;
    out.begin = range.begin();
    if (!range.live()) out.end = range.end() + std::chrono::microseconds(1);
    return out;
}

EventsPage::Wanted EventsPage::wanted() const
{
    const auto& range = context().range;
    auto asked = query();
    Wanted out{std::move(asked.text), std::move(asked.kinds), {}, {}, {}};
    if (m_allTimes->isChecked()) return out;
    if (range.live()) {
        out.span = range.span(); // its ends move on by themselves
    } else {
        out.begin = asked.begin;
        out.end = asked.end;
    }
    return out;
}

void EventsPage::restart()
{
    m_soon.stop();
    m_call.cancel(); // of another filter
    m_wanted = wanted();
    ++m_generation;
    if (isVisible() && context().bridge.state() == EngineBridge::State::Open) m_model->start();
}

// Who chooses a part of the past in a chart wants to see what happened then. All times come back when that
// ends.
void EventsPage::followChoice()
{
    const bool chosen = context().range.chosen();
    if (chosen == m_ofChoice) return;
    if (chosen) m_allBefore = m_allTimes->isChecked();
    m_ofChoice = chosen;
    m_allTimes->setChecked(!chosen && m_allBefore);
}

// A chosen part is asked for anew; the window of now lets the oldest go, news come by themselves.
void EventsPage::followRange()
{
    if (m_allTimes->isChecked() || !isVisible()) return;
    const auto& range = context().range;
    if (!range.live()) {
        m_soon.start();
        return;
    }
    m_model->dropBefore(range.begin());
    showState();
}

void EventsPage::readPage(std::optional<backend::EventKey> before)
{
    auto wanted = query();
    wanted.before = before;
    // One at a time: of several wishes the newest is read, the others are not begun.
    m_call.cancel();
    m_call = context().bridge.callInTurn(
        this, "events page", [wanted](backend::Engine& engine) { return requests::events(engine, wanted); },
        [this, before, generation = m_generation](backend::Result<backend::EventPage> page) {
            if (generation != m_generation) return; // another filter meanwhile
            m_error = page ? QString() : QString::fromStdString(page.error().message);
            if (page)
                take(before, std::move(*page));
            else
                m_model->failPage(before);
        });
}

void EventsPage::take(std::optional<backend::EventKey> before, backend::EventPage page)
{
    const auto current = m_table->currentIndex();
    const auto kept = current.isValid() ? std::optional(m_model->event(current).key) : std::nullopt;
    m_missing->setText(QString::fromStdString(page.missing));
    m_missing->setVisible(!page.missing.empty());
    m_model->appendPage(before, page);
    if (!before) fitWidths();
    if (before || !kept) return;
    const auto index = m_model->indexOf(*kept);
    m_table->setCurrentIndex(index);
    if (index.isValid()) m_table->scrollTo(index);
}

void EventsPage::readNewest()
{
    const auto state = m_model->state();
    if (m_reading || state == EventModel::State::Loading || state == EventModel::State::Idle) return;
    m_reading = true;
    auto wanted = query();
    if (m_model->rowCount() > 0)
        wanted.after = backend::EventKey{m_model->event(m_model->index(0, 0)).key.at - kOverlap, 0};
    context().bridge.call(
        this, [wanted](backend::Engine& engine) { return requests::events(engine, wanted); },
        [this, generation = m_generation](backend::Result<backend::EventPage> page) {
            m_reading = false;
            if (!page || generation != m_generation) return; // the next news bring it
            if (page->next && m_model->rowCount() > 0)
                restart(); // too much at once
            else
                m_model->mergeNewest(page->events);
            showState();
        });
}

// --- what is shown

void EventsPage::fitWidths()
{
    if (std::exchange(m_fitted, m_model->rowCount() > 0)) return;
    for (const int column : {EventTimeColumn, EventKindColumn, EventWhoColumn, EventWhereColumn}) {
        m_table->resizeColumnToContents(column);
        m_table->setColumnWidth(column,
                                std::min(m_table->columnWidth(column) + kColumnSlack, kMostColumnWidth));
    }
}

// The chosen event's text in full, below: in the list its end may be cut.
void EventsPage::showWhole()
{
    const auto index = m_table->currentIndex();
    const bool any = index.isValid() && m_stack->currentIndex() == 0;
    m_whole->setText(any ? QString::fromStdString(m_model->event(index).what) : QString());
    m_whole->setVisible(any);
}

// What is wrong now may have begun at another time.
QString EventsPage::stillWrong(bool all) const
{
    const auto snapshot = context().bridge.snapshot();
    const bool wrong = !all && snapshot && !context().range.chosen() && !incidentsOf(*snapshot).empty();
    return wrong ? tr(" What is wrong now stands above.") : QString();
}

void EventsPage::showState()
{
    using State = EventModel::State;
    const auto state = m_model->state();
    const int rows = m_model->rowCount();
    const bool all = m_allTimes->isChecked();
    const auto& range = context().range;
    const auto when = all              ? tr("of all times")
                      : range.chosen() ? tr("in the window %1 %2").arg(range.windowText(), zoneName())
                                       : tr("in the %1").arg(range.windowText());
    const bool filtered = !query().text.empty() || !query().kinds.empty();
    const auto more = state == State::More || state == State::Loading ? tr(", older ones below") : QString();
    m_summary->setText(
        state == State::Failed && rows > 0
            ? tr("Older events could not be read; F5 tries again. %1").arg(m_error)
            : tr("%1 %2%3").arg(rows == 1 ? tr("1 event") : tr("%1 events").arg(formatCount(rows)), when,
                                more));
    m_summary->setTone(state == State::Failed && rows > 0 ? Tone::Warning : Tone::Muted);
    m_stack->setCurrentIndex(rows > 0 ? 0 : 1);
    showWhole();
    if (rows > 0) return;
    if (state == State::Failed)
        m_state->show(StateView::Kind::Failed, tr("The events could not be read"), m_error, tr("Try again"));
    else if (state == State::Loading || state == State::Idle)
        m_state->show(StateView::Kind::Loading, tr("Reading events"));
    else
        m_state->show(StateView::Kind::Empty, filtered ? tr("No such event") : tr("Nothing happened"),
                      filtered
                          ? tr("None %1 fits what is searched for.").arg(when)
                          : tr("No node, engine, worker or setting changed %1.%2").arg(when, stillWrong(all)),
                      all ? QString() : tr("Show all times"));
}

// All pages show the time around it then, this one, too.
void EventsPage::chooseAround(const QModelIndex& index)
{
    if (!index.isValid()) return;
    const auto at = m_model->event(index).key.at;
    auto& range = context().range;
    const auto snapshot = context().bridge.snapshot();
    if (snapshot && at < snapshot->takenAt - range.reach()) { // another time would be shown
        m_summary->setText(tr("No chart reaches back to %1").arg(formatTime(at)));
        return;
    }
    const auto span = std::min(range.span(), kAround);
    range.choose(at - span / 2, at + span / 2);
    if (at >= range.begin() && at <= range.end()) range.pin(at);
}

void EventsPage::setSnapshot(const backend::SnapshotPtr& snapshot)
{
    if (!m_face->show(snapshot)) return;
    if (isVisible() && m_model->state() == EventModel::State::Idle) activated();
}

void EventsPage::activated()
{
    followChoice(); // it may have been made before this page was
    for (const auto& [group, button] : m_groups) {
        backend::Event typical;
        typical.kind = kindsOf(group).front();
        if (button->icon().isNull()) button->setIcon(iconOf(typical));
    }
    restart();
}

void EventsPage::refresh()
{
    if (m_model->state() == EventModel::State::Failed && m_model->rowCount() > 0)
        m_model->retry();
    else
        restart();
}

void EventsPage::timesChanged()
{
    Page::timesChanged();
    m_table->horizontalHeader()->viewport()->update();
    showState();
}

bool EventsPage::focusFind()
{
    m_search->setFocus(Qt::ShortcutFocusReason);
    m_search->selectAll();
    return true;
}

bool EventsPage::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_search && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Escape && !m_search->text().isEmpty()) {
            m_search->clear();
            return true;
        }
        if (key == Qt::Key_Down || key == Qt::Key_Return || key == Qt::Key_Enter) {
            m_table->setFocus(Qt::TabFocusReason);
            if (!m_table->currentIndex().isValid() && m_model->rowCount() > 0) m_table->selectRow(0);
            return true;
        }
    }
    return Page::eventFilter(watched, event);
}

void EventsPage::openArgument(const QString& argument)
{
    m_allTimes->setChecked(true);
    m_search->setText(argument);
}

QString EventsPage::linkArgument() const
{
    return m_search->text().trimmed();
}

void EventsPage::saveState(QSettings& settings) const
{
    settings.setValue("ofAllTimes", m_ofChoice ? m_allBefore : m_allTimes->isChecked());
    QStringList groups;
    for (const auto& [group, button] : m_groups)
        if (button->isChecked()) groups << QString::number(int(group));
    settings.setValue("groups", groups);
}

void EventsPage::restoreState(QSettings& settings)
{
    m_allTimes->setChecked(settings.value("ofAllTimes", true).toBool());
    const auto groups = settings.value("groups").toStringList();
    for (const auto& [group, button] : m_groups)
        button->setChecked(groups.contains(QString::number(int(group))));
}

} // namespace ui
