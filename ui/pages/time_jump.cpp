#include "ui/pages/time_jump.h"

#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"

#include <QDateTimeEdit>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>

namespace ui {

TimeJump::TimeJump(const Theme& theme, QWidget* parent)
    : QWidget(parent)
{
    m_field = new QDateTimeEdit(this);
    m_field->setObjectName(QStringLiteral("jumpTime"));
    m_field->setDisplayFormat(QStringLiteral("yyyy-MM-dd HH:mm:ss"));
    m_go = new QPushButton(tr("&Go to"), this);
    m_go->setObjectName(QStringLiteral("jumpGo"));
    m_go->setToolTip(tr("Open both timelines at this time"));
    m_newest = new QPushButton(tr("&Newest"), this);
    m_newest->setObjectName(QStringLiteral("jumpNewest"));
    m_newest->setToolTip(tr("Back to the newest posts"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins({});
    row->setSpacing(kSpacingSmall);
    row->addWidget(m_field);
    m_zone = new Label(theme, FontRole::Small, Tone::Muted, this);
    m_zone->setObjectName(QStringLiteral("jumpZone"));
    row->addWidget(m_zone);
    row->addWidget(m_go);
    row->addWidget(m_newest);
    connect(m_go, &QPushButton::clicked, this, [this] { emit wanted(time()); });
    connect(m_field->findChild<QLineEdit*>(), &QLineEdit::returnPressed, m_go, &QPushButton::click);
    connect(m_newest, &QPushButton::clicked, this, &TimeJump::newestWanted);
    showIn(std::chrono::time_point_cast<backend::TimePoint::duration>(std::chrono::system_clock::now()));
}

void TimeJump::timesChanged()
{
    showIn(time());
}

// In the zone that is shown now. The field counts in its own: without that the same digits would be another
// moment.
void TimeJump::showIn(backend::TimePoint time)
{
    static const QDateTime kOldest(QDate(2010, 1, 1), QTime(0, 0), Qt::UTC); // of all ids
    const auto spec = timesInUtc() ? Qt::UTC : Qt::LocalTime;
    m_field->setTimeSpec(spec);
    m_field->setMinimumDateTime(kOldest.toTimeSpec(spec));
    m_field->setAccessibleName(tr("Date and time to open the timelines at, in %1").arg(zoneName()));
    m_zone->setText(zoneName());
    setTime(time);
}

void TimeJump::setTime(backend::TimePoint time)
{
    m_field->setDateTime(shownTime(time));
}

backend::TimePoint TimeJump::time() const
{
    return backend::TimePoint(std::chrono::seconds(m_field->dateTime().toSecsSinceEpoch()));
}

} // namespace ui
