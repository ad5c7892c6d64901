// One step of a trail: a dot on a line that leads from the step before to the next, the time, and what
// happened. Owned by its view; GUI thread only.
#pragma once

#include <QWidget>

#include "ui/theme/theme.h"

namespace ui {

class TrailStep final : public QWidget
{
    Q_OBJECT

public:
    enum class Place { First, Middle, Last, Only };

    // time empty: it is so now.
    TrailStep(const Theme& theme, Place place, const QString& time, const QString& what, QWidget* parent);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    const Theme& m_theme;
    Place m_place;
    bool m_now;
};

} // namespace ui
