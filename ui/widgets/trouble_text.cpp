#include "ui/widgets/trouble_text.h"

#include <QRegularExpression>

namespace ui {

QString withoutAddresses(const QString& message, const QString& node)
{
    const auto text = message.simplified();
    if (node.isEmpty()) return text;
    const auto name = QRegularExpression::escape(node);
    const QRegularExpression inBrackets(QStringLiteral("\\b%1 \\([^()]*\\)").arg(name));
    const QRegularExpression afterAt(QStringLiteral("\\b%1 at \\S*[^\\s:,;.]").arg(name));
    const QRegularExpression onceMore(QStringLiteral(": %1:? ").arg(name));
    auto out = text;
    out.replace(inBrackets, node).replace(afterAt, node);
    const auto first = out.indexOf(node);
    if (first < 0) return out;
    const auto begin = out.left(first + node.size());
    return begin + out.mid(begin.size()).replace(onceMore, QStringLiteral(": "));
}

QString reasonFirst(const QString& message, const QString& node)
{
    auto out = withoutAddresses(message, node);
    const auto name = QRegularExpression::escape(node);
    static const auto kSilence = QStringLiteral("(has not answered[^:.]*|missed a probe): ");
    out.remove(QRegularExpression(QStringLiteral("^%1 %2").arg(name, kSilence)));
    if (out.startsWith(node + QLatin1Char(' '))) out.remove(0, node.size() + 1);
    return out;
}

} // namespace ui
