#include "ui/widgets/figure_text.h"

#include <QPainter>

#include <algorithm>

namespace ui {
namespace {

bool isDigit(QChar c)
{
    return c >= u'0' && c <= u'9';
}

int digitWidth(const QFontMetrics& metrics)
{
    int widest = 0;
    for (char16_t digit = u'0'; digit <= u'9'; ++digit)
        widest = std::max(widest, metrics.horizontalAdvance(QChar(digit)));
    return widest;
}

// Calls visit(piece, is one digit) for each digit and each run of anything else.
template <class Visit>
void eachPiece(const QString& text, Visit visit)
{
    for (qsizetype at = 0; at < text.size();) {
        qsizetype end = at + 1;
        const bool digit = isDigit(text[at]);
        while (!digit && end < text.size() && !isDigit(text[end]))
            ++end;
        visit(text.mid(at, end - at), digit);
        at = end;
    }
}

} // namespace

int figureWidth(const QFontMetrics& metrics, const QString& text)
{
    const int cell = digitWidth(metrics);
    int width = 0;
    eachPiece(text, [&](const QString& piece, bool digit) {
        width += digit ? cell : metrics.horizontalAdvance(piece);
    });
    return width;
}

void drawFigure(QPainter& painter, QPoint baseline, const QString& text)
{
    const auto metrics = painter.fontMetrics();
    const int cell = digitWidth(metrics);
    eachPiece(text, [&](const QString& piece, bool digit) {
        const int width = metrics.horizontalAdvance(piece);
        painter.drawText(baseline + QPoint(digit ? (cell - width) / 2 : 0, 0), piece);
        baseline.rx() += digit ? cell : width;
    });
}

} // namespace ui
