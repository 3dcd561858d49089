/** A dashboard to begin with; it runs before there is any table. */

import { languageTag, trans } from "./words";

/** The text of a new dashboard, in the language of who writes it. */
export function template(slug: string, title: string): string {
  const text = JSON.stringify;
  const locale = /^en\b/.test(languageTag()) ? "" : `\nlocale: ${languageTag()}`;
  return `version: 1
slug: ${slug}
title: ${text(title)}
description: ${text(trans.__("What the people who open this page decide with it."))}${locale}

queries:
  daily:
    # ${trans.__("Made-up days, so that this runs before there is any table. Read your own instead:")}
    #   SELECT order_date AS day, COUNT(*) AS orders FROM shop.orders GROUP BY day ORDER BY day
    sql: |
      SELECT DATE_ADD(DATE '2024-01-01', INTERVAL n DAY) AS day, 100 + MOD(n * 37, 60) AS orders
      FROM UNNEST(GENERATE_ARRAY(0, 27)) AS n
      ORDER BY day
    max_bytes: 200MB
    checks:
      - rows: {min: 1}
      - not_null: [day, orders]
      - unique: [day]

charts:
  orders:
    type: kpi
    query: daily
    title: ${text(trans.__("Orders"))}
    value: orders
    aggregate: sum
    sparkline: {x: day}
  by_day:
    {type: line, query: daily, title: ${text(trans.__("Orders a day"))}, x: day, y: orders}
  days:
    type: table
    query: daily
    title: ${text(trans.__("Days"))}
    columns: [day, {field: orders, bar: true}]

layout:
  - [{chart: orders, width: 4}, {chart: by_day, width: 8}]
  - [days]
`;
}

/** A slug of a title, as documents take it. */
export function slugOf(title: string): string {
  const plain = title
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase();
  const words = plain.match(/[a-z0-9]+/g) ?? [];
  const slug = words.join("-").slice(0, 64).replace(/-$/, "");
  return slug.length >= 2 ? slug : "new-dashboard";
}
