// For tests that look at what is painted without painting it: an engine that draws nothing, of which they
// override what they want to note, and a sheet of a size and resolution of their own.
#pragma once

#include <QPaintDevice>
#include <QPaintEngine>
#include <QSize>

namespace tests {

class SilentPaintEngine : public QPaintEngine
{
public:
    SilentPaintEngine()
        : QPaintEngine(AllFeatures)
    {
    }
    bool begin(QPaintDevice*) override { return true; }
    bool end() override { return true; }
    void updateState(const QPaintEngineState&) override {}
    void drawPixmap(const QRectF&, const QPixmap&, const QRectF&) override {}
    void drawPath(const QPainterPath&) override {}
    void drawPolygon(const QPointF*, int, PolygonDrawMode) override {}
    Type type() const override { return User; }
};

class SilentSheet : public QPaintDevice
{
public:
    SilentSheet(QSize size, int dotsPerInch)
        : m_size(size)
        , m_dotsPerInch(dotsPerInch)
    {
    }
    int metric(PaintDeviceMetric metric) const override
    {
        switch (metric) {
        case PdmWidth:
            return m_size.width();
        case PdmHeight:
            return m_size.height();
        case PdmDpiX:
        case PdmDpiY:
        case PdmPhysicalDpiX:
        case PdmPhysicalDpiY:
            return m_dotsPerInch;
        case PdmDevicePixelRatio:
            return 1;
        case PdmDevicePixelRatioScaled:
            return int(devicePixelRatioFScale());
        default:
            return QPaintDevice::metric(metric);
        }
    }

private:
    const QSize m_size;
    const int m_dotsPerInch;
};

} // namespace tests
