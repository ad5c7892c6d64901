// What is said over a picture of loads while all that is known of them is 0: cells in one dark colour say
// nothing by themselves. Held by the picture's widget; GUI thread only.
#pragma once

#include "ui/theme/theme.h"

#include <QFontMetrics>
#include <QRect>
#include <QString>

#include <algorithm>
#include <cmath>
#include <functional>

class QPainter;

namespace ui {

class IdleNote
{
public:
    void setWords(const QString& words) { m_words = words; }
    // All that the picture shows; load: of one of the values, NaN where it is not known.
    template <class Values, class Load = std::identity>
    void look(const Values& values, Load load = {})
    {
        const auto known = [](double value) { return !std::isnan(value); };
        m_idle = std::ranges::any_of(values, known, load) &&
                 std::ranges::all_of(
                     values, [&](double value) { return !known(value) || value == 0; }, load);
    }

    QString text() const { return m_idle ? m_words : QString(); } // empty: there is something to see
    // What it covers of the picture; empty: nothing.
    QRect place(const QFontMetrics& metrics, const QRect& picture) const;
    void draw(QPainter& painter, const Theme& theme, const QRect& picture) const;

private:
    QString m_words;
    bool m_idle = false;
};

} // namespace ui
