// Of present.frag: what the rays meet is drawn, as package look does it. A file of package shaders comes after.

uniform sampler2D geometry; // of the picture: distance, its spread, confidence, code of the normal
uniform sampler2D colors;   // the colour map, from 0 at the left to 1
uniform int shows;          // look.Mode
uniform vec2 scale;         // the numbers at the colour map's ends
uniform bool faint;         // what is not sure is drawn the fainter the less it is, and else as unknown
uniform float confident;    // lfn.Confident
uniform vec4 lens;          // fx, fy, cx, cy of the picture's camera
uniform bool fisheye;       // that is one

vec3 normalOf(float code);

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

// The cosine of the angle between the viewing axis and the ray of a point of the picture, but for the lens's distortion.
float axial(vec2 p) {
    float r = length((p - lens.zw) / lens.xy);
    return fisheye ? cos(min(r, 3.1)) : inversesqrt(1 + r * r);
}

vec3 shown(vec2 at, vec2 p, vec3 render) {
    vec4 g = texelFetch(geometry, ivec2(p), 0);
    float weight = g.z <= 0 ? 0 : g.z >= confident || shows == 3 ? 1 : faint ? 0.6 * g.z / confident : 0;
    vec3 c;
    if (shows == 2) {
        c = 0.5 + 0.5 * normalOf(g.w);
        weight = g.w == 0 ? 0 : weight;
    } else {
        float z = axial(p);
        c = mapped(shows == 3 ? g.z : g.x * z);
        weight = shows == 1 && z <= 0 ? 0 : weight;
    }
    return mix(unknown(at), c, weight);
}
