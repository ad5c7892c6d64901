// One rate of the demo's traffic: a slider whose steps grow with the rate, a box for the exact number, and
// what is achieved beside it. Owned by its parent; GUI thread only.
#pragma once

#include <QWidget>

#include "ui/theme/theme.h"

class QSlider;
class QSpinBox;

namespace ui {

class Label;

class RateControl final : public QWidget
{
    Q_OBJECT

public:
    // name: of the object; its parts have "Slider", "Box" and "Actual" after it. most: per second.
    RateControl(const Theme& theme, const char* name, const QString& title, int most, QWidget* parent);

    // From outside; leaves alone what somebody is about to change.
    void show(double wanted, double actual);
    int wanted() const;

signals:
    void wantedChanged(int perSecond); // by a person

private:
    void build(const Theme& theme, const QString& title);
    int rateAt(int position) const;
    int positionOf(int rate) const;

    const int m_most;
    QSlider* m_slider = nullptr;
    QSpinBox* m_box = nullptr;
    Label* m_actual = nullptr;
};

} // namespace ui
