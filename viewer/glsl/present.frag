#version 330 core
// The picture, row 0 at the top, and a photograph over a part of it.

uniform sampler2D picture;
uniform sampler2D photograph; // straight alpha
uniform vec4 used;            // width and height in use of the picture's texture, and those of the texture
uniform vec4 area;            // left, top edge in OpenGL's direction, width and height of the scene in the window
uniform vec4 photo;           // left, top, right, bottom of the photograph in the area
uniform float wipe;           // the photograph is left of it
uniform int mode;             // comparison, see paint.go
uniform vec3 background;      // behind the photograph's transparent pixels

out vec4 color;

// What is drawn at a point of the area, which is at p in the picture and has the colour render there: see colors.frag and
// geometry.frag.
vec3 shown(vec2 at, vec2 p, vec3 render);

// Black, red, yellow, white from 0 to 1.
vec3 heat(float x) { return clamp(vec3(3 * x, 3 * x - 1, 3 * x - 2), 0, 1); }

void main() {
    vec2 at = vec2(gl_FragCoord.x - area.x, area.y - gl_FragCoord.y);
    vec2 in_use = clamp(at / area.zw * used.xy, vec2(0.5), used.xy - 0.5);
    vec3 render = texture(picture, in_use / used.zw).rgb;
    color = vec4(shown(at, in_use, render), 1);
    if (mode == 0 || any(lessThan(at, photo.xy)) || any(greaterThan(at, photo.zw))) {
        return;
    }
    vec4 p = texture(photograph, (at - photo.xy) / (photo.zw - photo.xy));
    vec3 truth = mix(background, p.rgb, p.a);
    if (mode == 1 || mode == 2 && at.x < wipe) {
        color.rgb = truth;
    } else if (mode == 3) {
        vec3 d = abs(render - truth);
        color.rgb = heat(4 * max(d.r, max(d.g, d.b)));
    }
    if (mode == 2 && abs(at.x - wipe) < 1) {
        color.rgb = vec3(1, 0.8, 0.2);
    }
}
