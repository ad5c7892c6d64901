#include "ui/pages/timeline_page.h"

#include "backend/domain/balance.h"
#include "ui/bridge/engine_bridge.h"
#include "ui/pages/compare_view.h"
#include "ui/pages/follow_view.h"
#include "ui/pages/late_authors.h"
#include "ui/pages/profile_card.h"
#include "ui/pages/time_jump.h"
#include "ui/pages/timelines_view.h"
#include "ui/pages/user_search.h"
#include "ui/widgets/card.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QPushButton>
#include <QStackedLayout>
#include <QTabWidget>
#include <QVBoxLayout>

#include <utility>

namespace ui {
namespace {

enum UserTab { kTimelinesTab, kCompareTab, kFollowersTab, kFollowingTab };

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
    m_profile = new ProfileCard(context().theme, area);
    layout->addWidget(m_profile);
    layout->addWidget(buildTabs(area), 1);
    return area;
}

QWidget* TimelinePage::buildTabs(QWidget* parent)
{
    m_tabs = new QTabWidget(parent);
    m_tabs->setObjectName(QStringLiteral("userTabs"));
    m_tabs->setDocumentMode(true);
    m_jump = new TimeJump(context().theme, m_tabs);
    m_tabs->setCornerWidget(m_jump);
    m_timelines = new TimelinesView(context().theme, context().bridge, m_tabs);
    m_tabs->addTab(m_timelines, tr("Timelines"));
    const auto onCard = [this](auto* view, QWidget* card) {
        static_cast<Card*>(card)->body()->addWidget(view);
        return view;
    };
    const auto card = [this] { return new Card(context().theme, {}, m_tabs); };
    auto* ground = card();
    m_compare = onCard(new CompareView(context().theme, context().bridge, ground), ground);
    m_tabs->addTab(ground, tr("Redis against PostgreSQL"));
    ground = card();
    m_followers = onCard(
        new FollowView(FollowView::Kind::Followers, context().theme, context().bridge, ground), ground);
    m_tabs->addTab(ground, tr("Followers"));
    ground = card();
    m_following = onCard(
        new FollowView(FollowView::Kind::Following, context().theme, context().bridge, ground), ground);
    m_tabs->addTab(ground, tr("Following"));
    return m_tabs;
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
    connectTabs();
}

void TimelinePage::connectTabs()
{
    const auto openId = [this](qint64 user) { openUser(QString::number(user)); };
    connect(m_timelines, &TimelinesView::authorActivated, this, [this, openId](qint64 author) {
        if (m_user) m_readerBefore = QString::fromStdString(m_user->profile.user.handle);
        openId(author);
    });
    connect(m_timelines, &TimelinesView::said, this, &TimelinePage::say);
    connect(m_compare, &CompareView::explainWanted, this, [this](backend::PostId post) {
        m_tabs->setCurrentIndex(kTimelinesTab);
        m_timelines->explain(post, QString::fromStdString(m_user->profile.user.handle));
    });
    for (auto* list : {m_followers, m_following})
        connect(list, &FollowView::userActivated, this, openId);
    connect(m_jump, &TimeJump::wanted, m_timelines, &TimelinesView::goToTime);
    connect(m_jump, &TimeJump::newestWanted, m_timelines, &TimelinesView::goToNewest);
    connect(m_tabs, &QTabWidget::currentChanged, this,
            [this](int tab) { m_jump->setVisible(tab == kTimelinesTab); });
}

void TimelinePage::openUser(const QString& handleOrId)
{
    giveUpOpening();
    if (!m_user)
        showMessage(StateView::Kind::Loading, tr("Looking for %1").arg(handleOrId), tr("Esc cancels."));
    say(m_user ? tr("Looking for %1. Esc cancels.").arg(handleOrId) : QString());
    m_opening = true;
    m_call = context().bridge.call(
        this,
        [text = handleOrId.toStdString()](backend::Engine& engine) {
            return requests::findUser(engine, text);
        },
        [this](backend::Result<requests::UserOverview> user) { takeUser(std::move(user)); });
}

void TimelinePage::giveUpOpening()
{
    m_call.cancel();
    m_opening = false;
    m_wantedPart.clear();
}

bool TimelinePage::cancelOpening()
{
    if (!m_opening) return false;
    giveUpOpening();
    say(m_user ? tr("Cancelled.") : QString());
    if (!m_user)
        showMessage(StateView::Kind::Empty, tr("Cancelled"), tr("Enter in the field above looks again."));
    return true;
}

void TimelinePage::takeUser(backend::Result<requests::UserOverview> user)
{
    m_opening = false;
    say({});
    if (!user) {
        const bool unknown = user.error().code == backend::ErrorCode::NotFound;
        showMessage(unknown ? StateView::Kind::Empty : StateView::Kind::Failed,
                    unknown ? tr("No such user") : tr("The user could not be read"),
                    QString::fromStdString(user.error().message));
        return;
    }
    const bool another = !m_user || m_user->profile.user.id != user->profile.user.id;
    showUser(*user);
    if (another) openTabs();
    showPart(std::exchange(m_wantedPart, {}));
}

void TimelinePage::openTabs()
{
    const auto& profile = m_user->profile;
    m_timelines->open(profile.user, std::exchange(m_readerBefore, {}));
    m_compare->open(profile.user);
    m_followers->open(profile);
    m_following->open(profile);
}

// Of a link: see openArgument().
void TimelinePage::showPart(const QString& part)
{
    const auto what = part.section(u'/', 0, 0);
    const auto number = part.section(u'/', 1, 1).toLongLong();
    if (what.isEmpty()) return;
    m_tabs->setCurrentIndex(what == u"compare"     ? kCompareTab
                            : what == u"followers" ? kFollowersTab
                            : what == u"following" ? kFollowingTab
                                                   : kTimelinesTab);
    if (number <= 0) return;
    if (what == u"post") m_timelines->showPost(backend::PostId{number});
    if (what == u"explain")
        m_timelines->explain(backend::PostId{number}, QString::fromStdString(m_user->profile.user.handle));
    if (what == u"at") {
        const backend::TimePoint time{std::chrono::seconds(number)};
        m_jump->setTime(time);
        m_timelines->goToTime(time);
    }
}

void TimelinePage::showMessage(StateView::Kind kind, const QString& title, const QString& text)
{
    m_user.reset();
    m_inviting = false;
    m_readerBefore.clear();
    m_timelines->close();
    m_compare->close();
    m_followers->close();
    m_following->close();
    m_message->show(kind, title, text);
    m_late->setVisible(kind == StateView::Kind::Empty && !m_late->first().isEmpty());
    m_faces->setCurrentWidget(m_message);
    for (auto* widget : {m_refresh, m_copyRedis, m_copySql, m_copyAuthorSql})
        widget->setEnabled(false);
}

void TimelinePage::showInvitation()
{
    if (m_connected == true) {
        const auto* workload = context().bridge.workload();
        const bool mayBring = workload && !workload->status().begun;
        if (m_nobody)
            showMessage(
                StateView::Kind::Empty, tr("Nobody is here yet"),
                tr("This cluster has no users. Your application makes them, or rookeryctl\u00a0import, "
                   "from an activity log%1.")
                    .arg(mayBring ? tr("; or bring a crowd, above") : QString()));
        else
            showMessage(StateView::Kind::Empty, tr("Whose timeline?"),
                        tr("Find a user by handle or id to see what they see, and why."));
        m_inviting = true;
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
void TimelinePage::setSnapshot(const backend::SnapshotPtr& snapshot)
{
    const bool connected = context().bridge.state() == EngineBridge::State::Open;
    m_profile->showNodes(snapshot);
    m_search->setEnabled(connected);
    const bool nobody = connected && snapshot && backend::nobodyThere(*snapshot);
    const bool otherInvitation = std::exchange(m_nobody, nobody) != nobody && m_inviting;
    if (connected == m_connected && !otherInvitation) return;
    m_connected = connected;
    giveUpOpening();
    showInvitation();
}

void TimelinePage::showUser(const requests::UserOverview& user)
{
    m_user = user;
    m_inviting = false;
    m_profile->showUser(user);
    m_faces->setCurrentWidget(m_userArea);
    for (auto* widget : {m_refresh, m_copyRedis, m_copySql, m_copyAuthorSql})
        widget->setEnabled(true);
}

// Keeps what is shown when it fails: the timelines say for themselves what they could not read. Who is being
// opened is read anyway.
void TimelinePage::refresh()
{
    if (!m_user || m_opening) return;
    m_call.cancel();
    m_call = context().bridge.call(
        this,
        [id = m_user->profile.user.id](backend::Engine& engine) {
            return requests::userOverview(engine, id);
        },
        [this](backend::Result<requests::UserOverview> user) {
            if (user)
                takeUser(std::move(user));
            else
                m_profile->sayNotReadAgain(QString::fromStdString(user.error().message));
        });
    m_timelines->refresh();
    m_compare->refresh();
    m_followers->refresh();
    m_following->refresh();
}

void TimelinePage::timesChanged()
{
    Page::timesChanged();
    m_jump->timesChanged();
    if (!m_user) return;
    m_profile->showUser(*m_user);
    m_timelines->timesChanged();
    m_compare->timesChanged();
}

void TimelinePage::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape && (cancelOpening() || m_compare->cancel() || m_timelines->cancel() ||
                                           m_followers->cancel() || m_following->cancel()))
        event->accept();
    else
        Page::keyPressEvent(event);
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
    const auto user = argument.section(u'/', 0, 0);
    m_search->setText(user);
    openUser(user);
    m_wantedPart = argument.section(u'/', 1);
}

QString TimelinePage::linkArgument() const
{
    if (!m_user) return {};
    auto link = QStringLiteral("@") + QString::fromStdString(m_user->profile.user.handle);
    const QStringList parts{m_timelines->linkPart(), QStringLiteral("compare"), QStringLiteral("followers"),
                            QStringLiteral("following")};
    if (const auto part = parts.value(m_tabs->currentIndex()); !part.isEmpty()) link += u'/' + part;
    return link;
}

void TimelinePage::showExample()
{
    m_exampleWanted = !m_user && m_late->first().isEmpty();
    if (m_exampleWanted) {
        m_late->load();
        return;
    }
    if (!m_user) openArgument(m_late->first());
    m_timelines->selectNewest();
}

void TimelinePage::saveState(QSettings& settings) const
{
    m_timelines->saveState(settings);
}

void TimelinePage::restoreState(QSettings& settings)
{
    m_timelines->restoreState(settings);
}

} // namespace ui
