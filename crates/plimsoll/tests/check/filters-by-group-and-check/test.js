import { check, group } from 'k6';

export const options = {
  thresholds: {
    'checks{check:is new}': ['rate>0.9'],
    'checks{check:is nwe}': ['rate>0.9'],
    'group_duration{group:::login}': ['avg<500'],
    'group_duration{group:login}': ['avg<500'],
    'group_duration{group:::login::form}': ['avg<500'],
    'group_duration{group:::logout}': ['avg<500'],
    'checks{group:::setup}': ['rate>0.9'],
  },
};

export default function () {
  group('login', () => group(`form`, () => check(1, { 'is new': true })));
}
