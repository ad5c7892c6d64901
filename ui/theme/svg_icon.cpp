#include "ui/theme/svg_icon.h"

#include <QFile>
#include <QIconEngine>
#include <QPaintDevice>
#include <QPainter>
#include <QPixmap>
#include <QPixmapCache>
#include <QSvgRenderer>

#include <utility>

namespace ui {
namespace {

constexpr qreal kDisabledOpacity = 0.45;

QString iconPath(const QString& name)
{
    return QStringLiteral(":/icons/%1.svg").arg(name);
}

QPixmap drawIcon(const QString& name, const QColor& color, const QSize& size, bool disabled)
{
    QPixmap pixmap(size);
    pixmap.fill(Qt::transparent);
    QFile file(iconPath(name));
    if (size.isEmpty() || !file.open(QIODevice::ReadOnly)) return pixmap;
    QSvgRenderer renderer(file.readAll().replace("currentColor", color.name().toLatin1()));
    renderer.setAspectRatioMode(Qt::KeepAspectRatio);
    QPainter painter(&pixmap);
    if (disabled) painter.setOpacity(kDisabledOpacity);
    renderer.render(&painter);
    return pixmap;
}

class SvgIconEngine final : public QIconEngine
{
public:
    SvgIconEngine(QString name, std::function<QColor()> color)
        : m_name(std::move(name))
        , m_color(std::move(color))
    {
    }

    QIconEngine* clone() const override { return new SvgIconEngine(m_name, m_color); }
    QString key() const override { return QStringLiteral("rookery-svg"); }

    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State) override
    {
        const auto color = m_color();
        const bool disabled = mode == QIcon::Disabled;
        const auto place = QStringLiteral("rookery/%1/%2/%3x%4/%5")
                               .arg(m_name, color.name())
                               .arg(size.width())
                               .arg(size.height())
                               .arg(disabled);
        QPixmap out;
        if (QPixmapCache::find(place, &out)) return out;
        out = drawIcon(m_name, color, size, disabled);
        QPixmapCache::insert(place, out);
        return out;
    }

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override
    {
        const qreal density = painter->device() ? painter->device()->devicePixelRatioF() : 1;
        auto picture = pixmap((QSizeF(rect.size()) * density).toSize(), mode, state);
        picture.setDevicePixelRatio(density);
        painter->drawPixmap(rect.topLeft(), picture);
    }

private:
    QString m_name;
    std::function<QColor()> m_color;
};

} // namespace

QIcon svgIcon(const QString& name, std::function<QColor()> color)
{
    if (!QFile::exists(iconPath(name))) return {};
    return QIcon(new SvgIconEngine(name, std::move(color)));
}

QIcon svgIcon(const QString& name, const QColor& color)
{
    return svgIcon(name, [color] { return color; });
}

} // namespace ui
