// A tile of the image.

layout(binding = 0, {{.Format}}) uniform {{if .Blends}}{{else}}writeonly {{end}}image2D image;

void main() {
    id = int(gl_LocalInvocationIndex);
    tx = id / (ACROSS * TY) * ACROSS + id % ACROSS;
    ty = id / ACROSS % TY;
    ray = ty * {{.Rays}} + tx % {{.Rays}};
    part = tx / {{.Rays}};

    ivec2 tile = (ivec2(gl_WorkGroupID.xy) + corner) * ivec2(TILE_W, TILE_H);
{{- if .Derived}}
    int column = ray % 8;
    derived = column >= 4;
    own = ray - column + column % 4;
    share = part + PARTS * (column / 4);
    leads = column % 4 == 0;
    ivec2 block = tile + 2 * ivec2(ty % (TILE_W / 2), ty / (TILE_W / 2)); // its top left pixel
    int at = (max(base, 0) + column) % 4;
    ivec2 pixel = block + ivec2(at % 2, at / 2);
{{- else}}
    ivec2 pixel = tile + ivec2(ray % TILE_W, ray / TILE_W);{{end}}
    vec3 d, m;
    line(vec2(pixel) + point, d, m);

    begin();
    int w = 0;
    for (int pass = 0; pass < PASSES + LAYERS - 1; pass++) {
        int rows = WIDTH;
        if (pass < PASSES) {
            rows = encode(pass, d, m);
            pack(pass, rows);
        }
        w = multiply(pass, w, rows);
        if (pass < PASSES - 1) {
            sync();
            continue;
        }
        finish(w);
        w += WIDTH / 4 + 1;
        begin();
    }
    vec3 color = last(w);{{if .Signed}}
    color = 0.5 * color + {{if .Derived}}(derived ? 0.0 : 0.5){{else}}0.5{{end}};{{end}}{{if .Derived}}
    gather(color);
    if (part == 0 && column == 0) {
        see(d, m);
        vec4 met = surface(d);
        for (int i = 0; i < 4; i++) {
            ivec2 q = block + ivec2(i % 2, i / 2);
            if ((base < 0 || i == base) && all(lessThan(q, size))) {
                imageStore(geometry, q, met);
            }
        }
    }{{end}}
    color = clamp(color, 0.0, 1.0) * blend.y;
    if (part == 0 && {{if .Derived}}!derived && {{end}}all(lessThan(pixel, size))) {{"{"}}{{if .Blends}}
        if (blend.x > 0.0) {
            color += blend.x * imageLoad(image, pixel).rgb;
        }{{end}}
        imageStore(image, pixel, vec4(color, 1.0));{{if and .Geometry (not .Derived)}}
        imageStore(geometry, pixel, surface(d));{{end}}
    }
}
