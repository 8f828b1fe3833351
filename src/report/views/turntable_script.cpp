#include "report/views/surface_view.h"

namespace anatomynet::report {

// The same projection and lamp as draw_surfaces. After a change Chromium's message, which the page's test
// prints, tells the new hash.
const char* const turntable_script = R"js(
(function () {
  'use strict';
  var canvas = document.getElementById('turn'), controls = document.getElementById('turn-controls');
  var elements = document.querySelectorAll('#surfaces i');
  if (!canvas || !elements.length) return;
  var size = canvas.width, context = canvas.getContext('2d');
  if (!context) return;
  var image = context.createImageData(size, size), pixels = image.data;
  var depth = new Float32Array(size * size), angles = [25, 10], waiting = false;

  function bytes(text) {
    var raw = atob(text), out = new Uint8Array(raw.length);
    for (var i = 0; i < raw.length; ++i) out[i] = raw.charCodeAt(i);
    return new DataView(out.buffer);
  }
  function normals(p, f) {
    var n = new Float32Array(p.length);
    for (var t = 0; t < f.length; t += 3) {
      var a = 3 * f[t], b = 3 * f[t + 1], c = 3 * f[t + 2];
      var ux = p[b] - p[a], uy = p[b + 1] - p[a + 1], uz = p[b + 2] - p[a + 2];
      var vx = p[c] - p[a], vy = p[c + 1] - p[a + 1], vz = p[c + 2] - p[a + 2];
      var x = uy * vz - uz * vy, y = uz * vx - ux * vz, z = ux * vy - uy * vx;
      [a, b, c].forEach(function (i) { n[i] += x; n[i + 1] += y; n[i + 2] += z; });
    }
    for (var i = 0; i < n.length; i += 3) {
      var length = Math.sqrt(n[i] * n[i] + n[i + 1] * n[i + 1] + n[i + 2] * n[i + 2]) || 1;
      n[i] /= length; n[i + 1] /= length; n[i + 2] /= length;
    }
    return n;
  }
  var organs = Array.prototype.map.call(elements, function (e) {
    var p = bytes(e.getAttribute('data-points')), f = bytes(e.getAttribute('data-faces'));
    var points = new Float32Array(p.byteLength / 2), faces = new Uint16Array(f.byteLength / 2), i;
    for (i = 0; i < points.length; ++i) points[i] = p.getInt16(2 * i, true) / 10000;
    for (i = 0; i < faces.length; ++i) faces[i] = f.getUint16(2 * i, true);
    return {name: e.getAttribute('data-name'), colour: e.getAttribute('data-colour').split(' ').map(Number),
            points: points, faces: faces, normals: normals(points, faces), shown: true,
            spots: new Float32Array(points.length / 3 * 4)};
  });

  function project(o, r, u, v) {
    var p = o.points, n = o.normals, s = o.spots, scale = 0.47 * size;
    for (var i = 0, j = 0; i < p.length; i += 3, j += 4) {
      s[j] = size / 2 + scale * (p[i] * r[0] + p[i + 1] * r[1] + p[i + 2] * r[2]);
      s[j + 1] = size / 2 - scale * (p[i] * u[0] + p[i + 1] * u[1] + p[i + 2] * u[2]);
      s[j + 2] = p[i] * v[0] + p[i + 1] * v[1] + p[i + 2] * v[2];
      var lx = 0.86 * v[0] + 0.4 * u[0] - 0.3 * r[0], ly = 0.86 * v[1] + 0.4 * u[1] - 0.3 * r[1];
      var lz = 0.86 * v[2] + 0.4 * u[2] - 0.3 * r[2];
      s[j + 3] = 0.3 + 0.7 * Math.max(0, n[i] * lx + n[i + 1] * ly + n[i + 2] * lz);
    }
  }
  function fill(o) {
    var s = o.spots, f = o.faces, red = o.colour[0], green = o.colour[1], blue = o.colour[2];
    for (var t = 0; t < f.length; t += 3) {
      var a = 4 * f[t], b = 4 * f[t + 1], c = 4 * f[t + 2];
      var ax = s[a], ay = s[a + 1], bx = s[b], by = s[b + 1], cx = s[c], cy = s[c + 1];
      var area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
      if (area >= 0) continue;
      var x0 = Math.max(0, Math.ceil(Math.min(ax, bx, cx) - 0.5));
      var x1 = Math.min(size, Math.ceil(Math.max(ax, bx, cx) - 0.5));
      var y0 = Math.max(0, Math.ceil(Math.min(ay, by, cy) - 0.5));
      var y1 = Math.min(size, Math.ceil(Math.max(ay, by, cy) - 0.5));
      for (var y = y0; y < y1; ++y) for (var x = x0; x < x1; ++x) {
        var px = x + 0.5, py = y + 0.5;
        var k = ((bx - px) * (cy - py) - (cx - px) * (by - py)) / area;
        var l = ((cx - px) * (ay - py) - (ax - px) * (cy - py)) / area, m = 1 - k - l;
        if (k < 0 || l < 0 || m < 0) continue;
        var d = k * s[a + 2] + l * s[b + 2] + m * s[c + 2], at = y * size + x;
        if (d <= depth[at]) continue;
        depth[at] = d;
        var light = k * s[a + 3] + l * s[b + 3] + m * s[c + 3];
        pixels[4 * at] = red * light; pixels[4 * at + 1] = green * light; pixels[4 * at + 2] = blue * light;
      }
    }
  }
  function draw() {
    waiting = false;
    var a = angles[0] * Math.PI / 180, e = angles[1] * Math.PI / 180;
    var r = [Math.cos(a), Math.sin(a), 0];
    var u = [-Math.sin(a) * Math.sin(e), Math.cos(a) * Math.sin(e), Math.cos(e)];
    var v = [Math.sin(a) * Math.cos(e), -Math.cos(a) * Math.cos(e), Math.sin(e)];
    depth.fill(-10);
    for (var i = 0; i < pixels.length; i += 4) {
      pixels[i] = 18; pixels[i + 1] = 20; pixels[i + 2] = 24; pixels[i + 3] = 255;
    }
    organs.forEach(function (o) { if (o.shown) { project(o, r, u, v); fill(o); } });
    context.putImageData(image, 0, 0);
  }
  function redraw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(draw);
  }
  function turn(right, up) {
    angles[0] -= right;
    angles[1] = Math.max(-90, Math.min(90, angles[1] + up));
    redraw();
  }

  var last = null;
  canvas.addEventListener('pointerdown', function (e) { last = [e.clientX, e.clientY]; canvas.setPointerCapture(e.pointerId); });
  canvas.addEventListener('pointerup', function () { last = null; });
  canvas.addEventListener('pointercancel', function () { last = null; });
  canvas.addEventListener('pointermove', function (e) {
    if (!last) return;
    turn((e.clientX - last[0]) / 2, (e.clientY - last[1]) / 2);
    last = [e.clientX, e.clientY];
  });
  canvas.addEventListener('keydown', function (e) {
    var step = {ArrowLeft: [-10, 0], ArrowRight: [10, 0], ArrowUp: [0, 10], ArrowDown: [0, -10]}[e.key];
    if (!step) return;
    turn(step[0], step[1]);
    e.preventDefault();
  });
  [['front', 0, 0], ['left', 90, 0], ['right', -90, 0], ['below', 0, -90]].forEach(function (view) {
    var button = document.createElement('button');
    button.type = 'button';
    button.textContent = view[0];
    button.addEventListener('click', function () { angles = [view[1], view[2]]; redraw(); });
    controls.appendChild(button);
  });
  organs.forEach(function (o) {
    var label = document.createElement('label'), box = document.createElement('input');
    var swatch = document.createElement('span');
    box.type = 'checkbox';
    box.checked = true;
    box.addEventListener('change', function () { o.shown = box.checked; redraw(); });
    swatch.className = 'swatch';
    swatch.style.background = 'rgb(' + o.colour.join(',') + ')';
    label.appendChild(box);
    label.appendChild(swatch);
    label.appendChild(document.createTextNode(o.name));
    controls.appendChild(label);
  });
  document.documentElement.classList.add('live');
  draw();
})();
)js";

const char* const turntable_hash = "sha256-4k3buZJKbMz8Nve7MqOPVcsEBtmLgD6NBTLv3EGphhM=";

}  // namespace anatomynet::report
