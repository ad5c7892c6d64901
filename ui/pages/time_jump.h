// Chooses a moment that timelines are opened at, in the local zone, which is said; and the way back to the
// newest. Owned by its page; GUI thread only.
#pragma once

#include <QWidget>

#include "backend/domain/ids.h"

class QDateTimeEdit;
class QPushButton;

namespace ui {

class Theme;

class TimeJump final : public QWidget
{
    Q_OBJECT

public:
    TimeJump(const Theme& theme, QWidget* parent);

    void setTime(backend::TimePoint time); // says no signal
    backend::TimePoint time() const;

signals:
    void wanted(backend::TimePoint time);
    void newestWanted();

private:
    QDateTimeEdit* m_field = nullptr;
    QPushButton* m_go = nullptr;
    QPushButton* m_newest = nullptr;
};

} // namespace ui
