#include "ui/pages/timeline_page.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/pages/late_authors.h"
#include "ui/pages/ledger_view.h"
#include "ui/pages/timeline_pane.h"
#include "ui/pages/user_search.h"
#include "ui/widgets/card.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QPushButton>
#include <QScrollArea>
#include <QSettings>
#include <QSplitter>
#include <QStackedLayout>
#include <QVBoxLayout>

#include <utility>

namespace ui {
namespace {

QString countOf(std::int64_t count, const QString& one, const QString& many)
{
    return QStringLiteral("%1 %2").arg(formatCount(count), count == 1 ? one : many);
}

} // namespace

TimelinePage::TimelinePage(const PageContext& context, QWidget* parent)
    : Page(QStringLiteral("timeline"), tr("Timeline browser"), context, parent)
{
    build();
    connectAll();
    setSnapshot(nullptr);
}

void TimelinePage::build()
{
    m_message = new StateView(context().theme, this);
    m_message->setObjectName(QStringLiteral("timelineMessage"));
    m_late = new LateAuthors(context().theme, context().bridge, m_message);
    m_message->setExtra(m_late);
    m_faces = new QStackedLayout;
    m_faces->addWidget(m_message);
    m_userArea = buildUser(this);
    m_faces->addWidget(m_userArea);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(kSpacingMedium, kSpacingMedium, kSpacingMedium, kSpacingMedium);
    layout->setSpacing(kSpacingSmall);
    layout->addLayout(buildSearchRow());
    layout->addLayout(m_faces, 1);
}

QLayout* TimelinePage::buildSearchRow()
{
    m_search = new UserSearch(context().bridge, this);
    m_search->setObjectName(QStringLiteral("userSearch"));
    m_search->setMaximumWidth(420);
    m_outcome = new Label(context().theme, FontRole::Small, Tone::Muted, this);
    m_outcome->setObjectName(QStringLiteral("timelineOutcome"));
    const auto button = [this](const QString& text, const char* name, const QString& toolTip) {
        auto* out = new QPushButton(text, this);
        out->setObjectName(QLatin1String(name));
        out->setToolTip(toolTip);
        return out;
    };
    m_refresh =
        button(tr("Re&fresh"), "refreshTimelines", tr("Read profile, timelines and ledger again (F5)"));
    m_copyRedis = button(tr("Copy as &Redis command"), "copyRedisCommand",
                         tr("The home timeline as a command for redis-cli on its node"));
    m_copySql = button(tr("Copy as &SQL"), "copySql", tr("The same home timeline from PostgreSQL"));
    m_copyAuthorSql =
        button(tr("Copy &author SQL"), "copyAuthorSql", tr("The author timeline from PostgreSQL"));
    auto* row = new QHBoxLayout;
    row->addWidget(m_search, 2);
    row->addWidget(m_outcome, 1);
    for (auto* each : {m_refresh, m_copyRedis, m_copySql, m_copyAuthorSql})
        row->addWidget(each);
    return row;
}

QWidget* TimelinePage::buildUser(QWidget* parent)
{
    auto* area = new QWidget(parent);
    auto* layout = new QVBoxLayout(area);
    layout->setContentsMargins({});
    layout->setSpacing(kSpacingSmall);
    layout->addWidget(buildProfile(area));
    layout->addWidget(buildTimelines(area), 1);
    return area;
}

QWidget* TimelinePage::buildProfile(QWidget* parent)
{
    auto* card = new Card(context().theme, {}, parent);
    card->setObjectName(QStringLiteral("profileCard"));
    const auto label = [&](const char* name, FontRole role, Tone tone) {
        auto* out = new Label(context().theme, role, tone, card);
        out->setObjectName(QLatin1String(name));
        out->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        out->setWordWrap(true);
        card->body()->addWidget(out);
        return out;
    };
    m_name = label("profileName", FontRole::Strong, Tone::Normal);
    m_facts = label("profileFacts", FontRole::Body, Tone::Normal);
    m_place = label("profilePlace", FontRole::Small, Tone::Muted);
    return card;
}

QWidget* TimelinePage::buildTimelines(QWidget* parent)
{
    m_splitter = new QSplitter(Qt::Horizontal, parent);
    m_splitter->setObjectName(QStringLiteral("timelineSplitter"));
    m_splitter->setChildrenCollapsible(false);
    const auto card = [this](const QString& title) {
        auto* out = new Card(context().theme, title, m_splitter);
        m_splitter->addWidget(out);
        return out;
    };
    auto* home = card(tr("Home timeline"));
    m_home = new TimelinePane(TimelineLoader::Kind::Home, QStringLiteral("home"), context().theme,
                              context().bridge, home);
    home->body()->addWidget(m_home);
    auto* author = card(tr("Author timeline"));
    m_author = new TimelinePane(TimelineLoader::Kind::Author, QStringLiteral("author"), context().theme,
                                context().bridge, author);
    author->body()->addWidget(m_author);
    auto* delivery = card(tr("Delivery of the post"));
    auto* scroll = new QScrollArea(delivery);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_ledger = new LedgerView(context().theme, context().bridge, scroll);
    m_ledger->setObjectName(QStringLiteral("ledger"));
    scroll->setWidget(m_ledger);
    for (auto* ground : {scroll->viewport(), static_cast<QWidget*>(m_ledger)})
        ground->setAutoFillBackground(false); // the card's shows through
    delivery->body()->addWidget(scroll);
    return m_splitter;
}

void TimelinePage::connectAll()
{
    connect(m_search, &UserSearch::userChosen, this, &TimelinePage::openUser);
    connect(m_search, &UserSearch::suggestionsFailed, this, [this](const QString& message) {
        say(message.isEmpty() ? QString() : tr("No suggestions: %1").arg(message));
    });
    connect(m_late, &LateAuthors::chosen, this, &TimelinePage::openArgument);
    connect(m_late, &LateAuthors::loaded, this, [this] {
        if (std::exchange(m_exampleWanted, false) && !m_late->first().isEmpty()) showExample();
    });
    connect(m_refresh, &QPushButton::clicked, this, &TimelinePage::refresh);
    connect(m_copyRedis, &QPushButton::clicked, this, [this] {
        copy(tr("Redis command"), m_user ? m_user->location.homeRedisCommand : std::string());
    });
    connect(m_copySql, &QPushButton::clicked, this,
            [this] { copy(tr("SQL"), m_user ? m_user->location.homeSql : std::string()); });
    connect(m_copyAuthorSql, &QPushButton::clicked, this,
            [this] { copy(tr("SQL"), m_user ? m_user->location.authorSql : std::string()); });
    connect(m_home, &TimelinePane::postSelected, this, [this] { postSelected(m_home, m_author); });
    connect(m_author, &TimelinePane::postSelected, this, [this] { postSelected(m_author, m_home); });
    const auto openAuthor = [this](qint64 author) { openUser(QString::number(author)); };
    connect(m_home, &TimelinePane::authorActivated, this, openAuthor);
}

void TimelinePage::openUser(const QString& handleOrId)
{
    const auto generation = ++m_generation;
    if (!m_user) showMessage(StateView::Kind::Loading, tr("Looking for %1").arg(handleOrId), {});
    say({});
    context().bridge.call(
        this,
        [text = handleOrId.toStdString()](backend::Engine& engine) {
            return requests::findUser(engine, text);
        },
        [this, generation](backend::Result<requests::UserOverview> user) {
            takeUser(generation, std::move(user));
        });
}

void TimelinePage::takeUser(quint64 generation, backend::Result<requests::UserOverview> user)
{
    if (generation != m_generation) return;
    if (!user) {
        const bool unknown = user.error().code == backend::ErrorCode::NotFound;
        showMessage(unknown ? StateView::Kind::Empty : StateView::Kind::Failed,
                    unknown ? tr("No such user") : tr("The user could not be read"),
                    QString::fromStdString(user.error().message));
        return;
    }
    const bool another = !m_user || m_user->profile.user.id != user->profile.user.id;
    showUser(*user);
    if (!another) return;
    m_ledger->clear();
    m_home->open(user->profile.user.id);
    m_author->open(user->profile.user.id);
}

void TimelinePage::showMessage(StateView::Kind kind, const QString& title, const QString& text)
{
    m_user.reset();
    m_home->close();
    m_author->close();
    m_ledger->clear();
    m_message->show(kind, title, text);
    m_late->setVisible(kind == StateView::Kind::Empty && !m_late->first().isEmpty());
    m_faces->setCurrentWidget(m_message);
    for (auto* widget : {m_refresh, m_copyRedis, m_copySql, m_copyAuthorSql})
        widget->setEnabled(false);
}

void TimelinePage::showInvitation()
{
    if (m_connected == true) {
        showMessage(StateView::Kind::Empty, tr("Whose timeline?"),
                    tr("Find a user by handle or id to see what they see, and why."));
        activated();
    } else {
        showMessage(StateView::Kind::Disconnected, tr("Not connected"),
                    tr("Start the demo or connect to a cluster to browse its timelines."));
    }
}

void TimelinePage::activated()
{
    if (m_connected == true && !m_user) m_late->load();
}

// Timelines are read on demand: reading one counts as the reader's visit.
void TimelinePage::setSnapshot(const backend::SnapshotPtr&)
{
    const bool connected = context().bridge.state() == EngineBridge::State::Open;
    m_search->setEnabled(connected);
    if (connected == m_connected) return;
    m_connected = connected;
    ++m_generation;
    showInvitation();
}

void TimelinePage::showUser(const requests::UserOverview& user)
{
    m_user = user;
    const auto& profile = user.profile;
    const auto& place = user.location;
    m_name->setText(tr("@%1 · %2 · id %3")
                        .arg(QString::fromStdString(profile.user.handle),
                             QString::fromStdString(profile.user.displayName))
                        .arg(profile.user.id.value));
    m_facts->setText(tr("%1 · %2 following · %3 · %4 · last seen %5 · joined %6")
                         .arg(countOf(profile.counters.followers, tr("follower"), tr("followers")),
                              formatCount(profile.counters.following),
                              countOf(profile.counters.posts, tr("post"), tr("posts")),
                              profile.warm ? tr("warm: home timeline kept in Redis")
                                           : tr("dormant: no home timeline in Redis"),
                              formatTime(profile.lastSeenAt), formatTime(profile.user.createdAt)));
    m_place->setText(tr("Shard %1 · timelines on %2 · users on %3 · posts on %4")
                         .arg(place.shard)
                         .arg(QString::fromStdString(place.timelinesNode),
                              QString::fromStdString(place.usersNode),
                              QString::fromStdString(place.postsNode)));
    m_faces->setCurrentWidget(m_userArea);
    for (auto* widget : {m_refresh, m_copyRedis, m_copySql, m_copyAuthorSql})
        widget->setEnabled(true);
}

// Keeps what is shown when it fails: the timelines say for themselves what they could not read.
void TimelinePage::refresh()
{
    if (!m_user) return;
    const auto generation = ++m_generation;
    context().bridge.call(
        this,
        [id = m_user->profile.user.id](backend::Engine& engine) {
            return requests::userOverview(engine, id);
        },
        [this, generation](backend::Result<requests::UserOverview> user) {
            if (user || generation != m_generation)
                takeUser(generation, std::move(user));
            else
                m_facts->setText(tr("The profile could not be read again: %1")
                                     .arg(QString::fromStdString(user.error().message)));
        });
    m_home->refresh();
    m_author->refresh();
    m_ledger->refresh();
}

void TimelinePage::postSelected(TimelinePane* pane, TimelinePane* other)
{
    const auto entry = pane->selected();
    if (!entry) return;
    other->clearSelection();
    m_ledger->showPost(*entry);
}

void TimelinePage::copy(const QString& what, const std::string& text)
{
    if (text.empty()) return;
    QGuiApplication::clipboard()->setText(QString::fromStdString(text));
    say(tr("%1 copied").arg(what));
}

void TimelinePage::say(const QString& text)
{
    m_outcome->setText(text);
}

bool TimelinePage::focusFind()
{
    m_search->setFocus(Qt::ShortcutFocusReason);
    m_search->selectAll();
    return true;
}

void TimelinePage::openArgument(const QString& argument)
{
    m_search->setText(argument);
    openUser(argument);
}

void TimelinePage::showExample()
{
    m_exampleWanted = !m_user && m_late->first().isEmpty();
    if (m_exampleWanted) {
        m_late->load();
        return;
    }
    if (!m_user) openArgument(m_late->first());
    m_home->selectNewest();
}

void TimelinePage::saveState(QSettings& settings) const
{
    settings.setValue("splitter", m_splitter->saveState());
}

void TimelinePage::restoreState(QSettings& settings)
{
    m_splitter->restoreState(settings.value("splitter").toByteArray());
}

} // namespace ui
