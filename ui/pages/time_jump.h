// Chooses a moment that timelines are opened at, in the zone of all times, which is said; and the way back to
// the newest. Owned by its page; GUI thread only.
#pragma once

#include <QWidget>

#include "backend/domain/ids.h"

class QDateTimeEdit;
class QPushButton;

namespace ui {

class Label;
class Theme;

class TimeJump final : public QWidget
{
    Q_OBJECT

public:
    TimeJump(const Theme& theme, QWidget* parent);

    void setTime(backend::TimePoint time); // says no signal
    backend::TimePoint time() const;
    void timesChanged(); // the zone is another one: the same moment in it

signals:
    void wanted(backend::TimePoint time);
    void newestWanted();

private:
    void showIn(backend::TimePoint time);

    QDateTimeEdit* m_field = nullptr;
    Label* m_zone = nullptr;
    QPushButton* m_go = nullptr;
    QPushButton* m_newest = nullptr;
};

} // namespace ui
