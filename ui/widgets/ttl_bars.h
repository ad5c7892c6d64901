// Times to live of sampled keys: a row of bars for each kind, all over the same buckets. The bars of a row
// are shares of its keys. The arrow keys go from bar to bar, Enter reads one out again. Painted by itself.
// Owned by its page; GUI thread only.
#pragma once

#include <QWidget>

#include "ui/theme/theme.h"

#include <vector>

namespace ui {

class TtlBars final : public QWidget
{
    Q_OBJECT

public:
    struct Row
    {
        QString name;
        std::vector<double> counts; // by bucket
        double total = 0;
    };

    TtlBars(const Theme& theme, QWidget* parent);

    void setBuckets(const QStringList& buckets);
    // emptyText: shown while no row has any key.
    void setRows(std::vector<Row> rows, const QString& emptyText);
    const std::vector<Row>& rows() const { return m_rows; }
    QString currentText() const; // of the bar that the keyboard is at; empty: none

    QSize sizeHint() const override { return {320, 150}; }
    QSize minimumSizeHint() const override { return {220, 96}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override; // tool tips
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;

private:
    bool empty() const;
    void describe();
    void step(int rows, int buckets);
    void readOut();
    QRectF plotArea() const;
    QRectF cell(const QRectF& area, std::size_t row, int bucket) const;
    QString cellText(std::size_t row, int bucket) const;

    const Theme& m_theme;
    QStringList m_buckets;
    std::vector<Row> m_rows;
    QString m_emptyText;
    int m_row = -1, m_bucket = -1; // by keyboard
};

} // namespace ui
