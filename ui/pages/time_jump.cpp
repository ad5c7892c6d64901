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
    m_field = new QDateTimeEdit(QDateTime::currentDateTime(), this);
    m_field->setObjectName(QStringLiteral("jumpTime"));
    m_field->setAccessibleName(tr("Date and time to open the timelines at, in %1").arg(zoneName()));
    m_field->setDisplayFormat(QStringLiteral("yyyy-MM-dd HH:mm:ss"));
    m_field->setMinimumDateTime(QDateTime(QDate(2010, 1, 1), QTime(0, 0), Qt::UTC).toLocalTime());
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
    row->addWidget(new Label(theme, zoneName(), FontRole::Small, Tone::Muted, this));
    row->addWidget(m_go);
    row->addWidget(m_newest);
    connect(m_go, &QPushButton::clicked, this, [this] { emit wanted(time()); });
    connect(m_field->findChild<QLineEdit*>(), &QLineEdit::returnPressed, m_go, &QPushButton::click);
    connect(m_newest, &QPushButton::clicked, this, &TimeJump::newestWanted);
}

void TimeJump::setTime(backend::TimePoint time)
{
    m_field->setDateTime(QDateTime::fromMSecsSinceEpoch(
        std::chrono::duration_cast<backend::Milliseconds>(time.time_since_epoch()).count()));
}

backend::TimePoint TimeJump::time() const
{
    return backend::TimePoint(std::chrono::seconds(m_field->dateTime().toSecsSinceEpoch()));
}

} // namespace ui
