#include "ui/pages/profile_card.h"

#include "ui/models/incidents.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"

#include <QVBoxLayout>

namespace ui {
namespace {

constexpr double kCountersBehindSeconds = 5; // less is not worth a word

QString countOf(std::int64_t count, const QString& one, const QString& many)
{
    return QStringLiteral("%1 %2").arg(formatCount(count), count == 1 ? one : many);
}

} // namespace

ProfileCard::ProfileCard(const Theme& theme, QWidget* parent)
    : Card(theme, {}, parent)
{
    setObjectName(QStringLiteral("profileCard"));
    const auto label = [&](const char* name, FontRole role, Tone tone) {
        auto* out = new Label(theme, role, tone, this);
        out->setObjectName(QLatin1String(name));
        out->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        out->setWordWrap(true);
        body()->addWidget(out);
        return out;
    };
    m_name = label("profileName", FontRole::Strong, Tone::Normal);
    m_facts = label("profileFacts", FontRole::Body, Tone::Normal);
    m_facts->setToolTip(
        tr("Followers, following and posts are counted through the queue: while tasks wait, they "
           "are behind what the lists show."));
    m_place = label("profilePlace", FontRole::Small, Tone::Muted);
}

void ProfileCard::showUser(const requests::UserOverview& user)
{
    const auto& profile = user.profile;
    m_profile = profile;
    m_location = user.location;
    m_name->setText(tr("@%1 · %2 · id %3")
                        .arg(QString::fromStdString(profile.user.handle),
                             QString::fromStdString(profile.user.displayName).simplified(),
                             QString::number(profile.user.id.value))); // at once: a name may hold "%1"
    showFacts();
    showPlace();
}

void ProfileCard::showNodes(const backend::SnapshotPtr& snapshot)
{
    const auto down = snapshot ? downNodes(*snapshot) : QStringList();
    const bool behind = snapshot && snapshot->queueUnfinished > 0 &&
                        snapshot->queueOldestAgeSeconds >= kCountersBehindSeconds;
    if (down == m_down && behind == m_behind) return;
    m_down = down;
    m_behind = behind;
    showFacts();
    showPlace();
}

void ProfileCard::showFacts()
{
    if (!m_profile || !m_location) return;
    const auto& profile = *m_profile;
    const auto node = QString::fromStdString(m_location->timelinesNode);
    const auto kept = !profile.warm ? tr("dormant: no home timeline in Redis")
                      : m_down.contains(node)
                          ? tr("warm, but %1 is down: pages come from PostgreSQL").arg(node)
                          : tr("warm: home timeline kept in Redis");
    const auto counters = tr("%1 · %2 following · %3")
                              .arg(countOf(profile.counters.followers, tr("follower"), tr("followers")),
                                   formatCount(profile.counters.following),
                                   countOf(profile.counters.posts, tr("post"), tr("posts")));
    m_facts->setText(tr("%1 · %2 · last seen %3 · joined %4")
                         .arg(m_behind ? tr("%1, and what waits in the queue").arg(counters) : counters, kept,
                              formatTime(profile.lastSeenAt), formatTime(profile.user.createdAt)));
}

// "timelines on redis-3 (down)": why pages come slower, or some of it not at all.
void ProfileCard::showPlace()
{
    if (!m_location) return;
    bool any = false;
    const auto named = [&](const std::string& node) {
        const auto name = QString::fromStdString(node);
        const bool down = m_down.contains(name);
        any = any || down;
        return down ? tr("%1 (down)").arg(name) : name;
    };
    m_place->setText(tr("Shard %1 · timelines on %2 · users on %3 · posts on %4")
                         .arg(m_location->shard)
                         .arg(named(m_location->timelinesNode), named(m_location->usersNode),
                              named(m_location->postsNode)));
    m_place->setTone(any ? Tone::Critical : Tone::Muted);
}

void ProfileCard::sayNotReadAgain(const QString& why)
{
    m_profile.reset();
    m_facts->setText(tr("The profile could not be read again: %1").arg(why));
}

} // namespace ui
