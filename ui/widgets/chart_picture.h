// A chart as a picture for elsewhere: its title, what time it is of, and the chart as it is drawn now, in the
// theme of now; as PNG (at twice its size) or SVG. GUI thread only; encodePng is pure.
#pragma once

#include <QByteArray>
#include <QImage>
#include <QSize>
#include <QString>

#include <functional>

class QPainter;
class QWidget;

namespace ui {

class Theme;

// How a chart is drawn beside what the mechanism draws itself.
struct ChartFace
{
    std::function<QString()> title;             // absent: its card's, else its accessible name
    std::function<QString()> time;              // range and zone; absent: the present moment
    std::function<QSize()> size;                // absent: the widget's
    std::function<void(QPainter&, QSize)> draw; // absent: the widget as it is
};

class ChartPicture
{
public:
    ChartPicture(const Theme& theme, QWidget& chart, const ChartFace& face);

    const QString& title() const { return m_title; }
    QImage image() const; // null: too large
    QByteArray svg() const;

private:
    void paint(QPainter& painter) const;

    const Theme& m_theme;
    QWidget& m_chart;
    const ChartFace& m_face;
    QString m_title, m_time;
    QSize m_chartSize, m_size;
    int m_headHeight = 0;
};

QByteArray encodePng(const QImage& image); // empty: it could not be encoded

} // namespace ui
