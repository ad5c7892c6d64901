// Nodes and the logical shards on them: area is size, colour is load on a labelled scale. Every rectangle is
// reached by mouse, keyboard and screen reader. The places stand still while sizes change little. Owned by
// its page; GUI thread only.
#pragma once

#include <QWidget>

#include "ui/theme/theme.h"
#include "ui/widgets/axis_scale.h"
#include "ui/widgets/idle_note.h"

#include <functional>
#include <vector>

namespace ui {

class Treemap final : public QWidget
{
    Q_OBJECT

public:
    using Format = std::function<QString(double)>;
    struct Item
    {
        int shard = 0;
        int node = 0;
        QString nodeName;
        double size = 0; // NaN: not known; then it has no rectangle
        double load = 0; // NaN: not known
        QString dated{}; // why its figures are not of now; empty: they are
    };

    Treemap(const Theme& theme, QWidget* parent);

    void setItems(std::vector<Item> items);
    void setSize(Format format); // of sizes in the readout
    // What is said over the rectangles while every load is 0.
    void setNothing(const QString& words);
    QString note() const { return m_nothing.text(); } // empty: none
    // What the colour says, with its unit ("deliveries/s"); another one starts the scale anew.
    // format: of readings, in full.
    void setLoad(const QString& metric, ScaleUnit unit, Format format);

    int current() const { return m_current; } // a shard; -1: none
    void setCurrent(int shard);
    QString cellText(int shard) const; // as in the readout; empty: no such rectangle
    QRectF cellRect(int shard) const;  // null: none
    QRectF mapRect() const;            // that they cover together
    int withoutSize() const;           // shards that have no rectangle

    QSize sizeHint() const override { return {520, 300}; }
    QSize minimumSizeHint() const override { return {240, 160}; }

signals:
    void currentChanged(int shard);
    void cellActivated(int shard); // click, Enter or Space

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;

private:
    struct Cell
    {
        std::size_t item = 0; // in m_items
        QRectF rect;
    };
    struct Node
    {
        QString name;
        double size = 0;
        QRectF rect;
        std::vector<std::size_t> items; // in the order of their places
    };
    void order(); // nodes and shards by size
    bool orderStands() const;
    void place();
    const Cell* cellOf(int shard) const;
    const Item* itemOf(int shard) const;
    int shardAt(const QPointF& position) const;
    int neighbour(int dx, int dy) const; // of the current one; -1: none
    double placeOf(double load) const;
    void describe();
    void drawCells(QPainter& painter) const;
    void drawCellLabel(QPainter& painter, const Cell& cell) const;
    void drawNodes(QPainter& painter) const;
    void drawReadout(QPainter& painter) const;
    bool anyDated() const;

    const Theme& m_theme;
    std::vector<Item> m_items;
    std::vector<Node> m_nodes;
    std::vector<double> m_orderedSizes; // of m_items, when they were put in order
    std::vector<Cell> m_cells;
    QString m_metric;
    IdleNote m_nothing;
    Format m_format, m_sizeFormat;
    AxisScale m_scale;
    int m_current = -1, m_hovered = -1;
};

} // namespace ui
