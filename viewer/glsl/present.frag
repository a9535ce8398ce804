#version 330 core
// The picture, row 0 at the top, and a photograph over a part of it.

uniform sampler2D picture;
uniform sampler2D photograph; // straight alpha
uniform sampler2D geometry;   // of the picture: distance, its spread, confidence, code of the normal
uniform sampler2D colors;     // the colour map, from 0 at the left to 1
uniform vec4 used;            // width and height in use of the picture's texture, and those of the texture
uniform vec4 area;            // left, top edge in OpenGL's direction, width and height of the scene in the window
uniform vec4 photo;           // left, top, right, bottom of the photograph in the area
uniform float wipe;           // the photograph is left of it
uniform int mode;             // comparison, see paint.go
uniform vec3 background;      // behind the photograph's transparent pixels
uniform int shows;            // look.Mode
uniform vec2 scale;           // the numbers at the colour map's ends
uniform bool faint;           // what is not sure is drawn faintly, and else as unknown
uniform float confident;      // lfn.Confident
uniform vec4 lens;            // fx, fy, cx, cy of the picture's camera
uniform bool fisheye;         // that is one

out vec4 color;

// Black, red, yellow, white from 0 to 1.
vec3 heat(float x) { return clamp(vec3(3 * x, 3 * x - 1, 3 * x - 2), 0, 1); }

// The colour of a number.
vec3 mapped(float x) {
    x = clamp((x - scale.x) / (scale.y == scale.x ? 1 : scale.y - scale.x), 0, 1);
    return texture(colors, vec2((255 * x + 0.5) / 256, 0.5)).rgb;
}

// The checker of what is not known, as render.Unknown.
vec3 unknown(vec2 at) {
    ivec2 cell = ivec2(at) / 8;
    return vec3((cell.x + cell.y) % 2 == 0 ? 0.32 : 0.38);
}

vec3 normalOf(float code);

// The cosine of the angle between the viewing axis and the ray of a point of the picture, but for the lens's distortion.
float axial(vec2 p) {
    float r = length((p - lens.zw) / lens.xy);
    return fisheye ? cos(min(r, 3.1)) : inversesqrt(1 + r * r);
}

// The same as package look: what is drawn at the point `at` of the area, p of the picture, where the geometry is g.
vec3 told(vec2 at, vec2 p, vec4 g) {
    vec3 nothing = unknown(at);
    if (shows == 3) {
        return g.z > 0 ? mapped(g.z) : nothing;
    }
    bool sure = g.z >= confident;
    vec3 c;
    if (shows == 1) {
        c = mapped(g.x * axial(p));
        if (axial(p) <= 0) {
            return nothing;
        }
    } else {
        c = 0.5 + 0.5 * normalOf(g.w);
        if (g.w == 0) {
            return nothing;
        }
    }
    if (!(g.z > 0) || !sure && !faint) {
        return nothing;
    }
    return sure ? c : mix(nothing, c, 0.5);
}

void main() {
    vec2 at = vec2(gl_FragCoord.x - area.x, area.y - gl_FragCoord.y);
    vec2 in_use = clamp(at / area.zw * used.xy, vec2(0.5), used.xy - 0.5);
    vec3 render = texture(picture, in_use / used.zw).rgb;
    color = vec4(shows == 0 ? render : told(at, in_use, texelFetch(geometry, ivec2(in_use), 0)), 1);
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
